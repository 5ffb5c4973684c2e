package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import java.util.ArrayList;
import java.util.List;

/**
 * What a call that is made while another one is served takes over from that: with {@code enabled}
 * its deadline, if it is the earlier one, its end if it is cut short (the outgoing call is cancelled
 * then), and some of its headers. Which call is served is known from the Vert.x context on which the
 * outgoing call is made. After the served call has ended through its handler, nothing is taken over.
 *
 * @param headers the headers to take over unless the outgoing call has its own
 */
public record Propagation(boolean enabled, List<Metadata.Key<?>> headers) {

  /**
   * All that there is, with the headers {@code traceparent} and {@code tracestate}.
   *
   * @see <a href="https://www.w3.org/TR/trace-context/">Trace Context</a>
   */
  public static final Propagation DEFAULTS = new Propagation(
      true, List.of(Metadata.Key.ascii("traceparent"), Metadata.Key.ascii("tracestate")));

  /** Nothing, for calls that go on whatever becomes of the one that is served. */
  public static final Propagation NONE = new Propagation(false, List.of());

  public Propagation {
    headers = List.copyOf(headers);
  }

  /** Returns a copy that takes over one more header. */
  public Propagation withHeader(Metadata.Key<?> header) {
    List<Metadata.Key<?>> all = new ArrayList<>(headers);
    all.add(header);
    return new Propagation(enabled, all);
  }

  void copy(Metadata from, Metadata to) {
    for (Metadata.Key<?> header : headers) {
      if (from.contains(header) && !to.contains(header)) {
        copy(header, from, to);
      }
    }
  }

  private static <T> void copy(Metadata.Key<T> header, Metadata from, Metadata to) {
    from.getAll(header).forEach(value -> to.add(header, value));
  }
}
