package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;

/** Shows calls to one observer and then to another. */
record TwoObservers(CallObserver first, CallObserver second) implements CallObserver {

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
    return other == CallTracer.NONE ? one : new TwoTracers(one, other);
  }

  private record TwoTracers(CallTracer first, CallTracer second) implements CallTracer {

    @Override
    public void received(int wireBytes, int bytes) {
      first.received(wireBytes, bytes);
      second.received(wireBytes, bytes);
    }

    @Override
    public void sent(int wireBytes, int bytes) {
      first.sent(wireBytes, bytes);
      second.sent(wireBytes, bytes);
    }

    @Override
    public void closed(Status status) {
      first.closed(status);
      second.closed(status);
    }
  }
}
