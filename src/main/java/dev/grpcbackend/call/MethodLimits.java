package dev.grpcbackend.call;

/**
 * What a protocol holds the calls of one method to before they begin, in addition to what holds for
 * all. Asked for each call, so answers may change; any thread.
 */
public interface MethodLimits {

  /** No limits. */
  MethodLimits NONE = new MethodLimits() {
    @Override
    public int maxRequestBytes() {
      return Integer.MAX_VALUE;
    }

    @Override
    public long maxNanos() {
      return Long.MAX_VALUE;
    }
  };

  /** The bound on a request message, before and after inflation. */
  int maxRequestBytes();

  /** How long a call may take, in nanoseconds; {@link Long#MAX_VALUE} for any time. */
  long maxNanos();

  /** Returns these together with others: the lower of each holds. */
  default MethodLimits and(MethodLimits others) {
    if (others == NONE) {
      return this;
    }
    if (this == NONE) {
      return others;
    }
    MethodLimits these = this;
    return new MethodLimits() {
      @Override
      public int maxRequestBytes() {
        return Math.min(these.maxRequestBytes(), others.maxRequestBytes());
      }

      @Override
      public long maxNanos() {
        return Math.min(these.maxNanos(), others.maxNanos());
      }
    };
  }
}
