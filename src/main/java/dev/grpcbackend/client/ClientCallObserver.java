package dev.grpcbackend.client;

/**
 * Sees every call of a channel, and each of the attempts that it takes, once, whatever becomes of
 * them. It changes nothing; what may is a {@link ClientInterceptor}.
 *
 * <p>One instance serves all calls of all threads, and must not block. What it throws is logged, and
 * that call is seen no more; the call itself goes on.
 */
@FunctionalInterface
public interface ClientCallObserver {

  /** Sees nothing, and costs nothing. */
  ClientCallObserver NONE = (call, target) -> ClientCallTracer.NONE;

  /**
   * Takes the start of a call, on the thread that makes it, and returns what sees the rest.
   *
   * @param target what the channel calls, as {@link ChannelOptions#target()} has it; of a stub that
   *     was made with another address, that
   */
  ClientCallTracer started(ClientCall<?, ?> call, String target);

  /** Returns what shows every call to this and then to another. */
  default ClientCallObserver and(ClientCallObserver other) {
    if (this == NONE) {
      return other;
    }
    return other == NONE
        ? this
        : (call, target) -> started(call, target).and(other.started(call, target));
  }
}
