package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;

/** Shows calls to one observer and then to another. */
final class TwoObservers implements CallObserver {

  private final CallObserver first;
  private final CallObserver second;

  /** The pair of the last call, for the next one: most tracers are of many calls. A race is harmless. */
  private TwoTracers last = new TwoTracers(CallTracer.NONE, CallTracer.NONE);

  private TwoObservers(CallObserver first, CallObserver second) {
    this.first = first;
    this.second = second;
  }

  static CallObserver of(CallObserver first, CallObserver second) {
    if (first == NONE) {
      return second;
    }
    return second == NONE ? first : new TwoObservers(first, second);
  }

  @Override
  public CallObserver forMethod(Method<?, ?> method) {
    return of(first.forMethod(method), second.forMethod(method));
  }

  @Override
  public CallTracer started(ObservedCall call) {
    CallTracer one = first.started(call);
    CallTracer other = second.started(call);
    if (one == CallTracer.NONE) {
      return other;
    }
    if (other == CallTracer.NONE) {
      return one;
    }
    TwoTracers pair = last;
    if (pair.first != one || pair.second != other) {
      pair = new TwoTracers(one, other);
      last = pair;
    }
    return pair;
  }

  private record TwoTracers(CallTracer first, CallTracer second) implements CallTracer {

    @Override
    public void received(ObservedCall call, int wireBytes, int bytes) {
      first.received(call, wireBytes, bytes);
      second.received(call, wireBytes, bytes);
    }

    @Override
    public void sent(ObservedCall call, int wireBytes, int bytes) {
      first.sent(call, wireBytes, bytes);
      second.sent(call, wireBytes, bytes);
    }

    @Override
    public void closed(ObservedCall call, Status status) {
      first.closed(call, status);
      second.closed(call, status);
    }
  }
}
