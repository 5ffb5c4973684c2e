package dev.grpcbackend.call;

import org.jspecify.annotations.Nullable;

/** A call's place in the registry's list and in its timer wheel; theirs to read and write. */
abstract class CallLinks {

  @Nullable
  ActiveCall<?, ?> registryPrevious;

  @Nullable
  ActiveCall<?, ?> registryNext;

  @Nullable
  ActiveCall<?, ?> wheelPrevious;

  @Nullable
  ActiveCall<?, ?> wheelNext;

  int wheelSlot = DeadlineWheel.NOT_IN_WHEEL;
}
