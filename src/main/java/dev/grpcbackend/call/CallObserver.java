package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import java.util.List;

/**
 * Sees every call of a server, once, whatever becomes of it: also those that no handler ever sees,
 * because their method is unknown, their head will not do or somebody refuses them. A request that
 * breaks HTTP itself, or that no protocol takes, is no call. It changes nothing; what may is a {@link
 * ServerInterceptor}.
 *
 * <p>One instance serves all calls of a server. It is called on the context of each call, so on
 * several event loops where the server has several. It must not block. What it throws is logged, and
 * that call is seen no more; the call itself goes on.
 */
@FunctionalInterface
public interface CallObserver {

  /** Sees nothing, and costs nothing. */
  CallObserver NONE = call -> CallTracer.NONE;

  /** Takes the start of a call, after its head was read, and returns what sees the rest of it. */
  CallTracer started(ObservedCall call);

  /**
   * Returns what sees the calls of one method in place of this, {@link #NONE} for nothing. Called
   * once, when the method is bound; calls of methods that nobody registered come to this itself.
   */
  default CallObserver forMethod(Method<?, ?> method) {
    return this;
  }

  /** Returns what shows every call to all of {@code observers}, in their order. */
  static CallObserver of(List<CallObserver> observers) {
    CallObserver all = NONE;
    for (CallObserver observer : observers) {
      all = TwoObservers.of(all, observer);
    }
    return all;
  }
}
