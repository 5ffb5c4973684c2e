package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.rpc.Method;

/**
 * Writes a line for each call that has ended: who called what, what became of it, how long it took,
 * how much went to and fro. Never a message, nor metadata but the two names below: what may be secret
 * is not even read.
 *
 * <p>{@code trace_id} is that of {@code traceparent} (W3C Trace Context), {@code request_id} that of
 * {@code x-request-id}: as it was sent back if anybody did, else as it came, if it is of at most 64
 * letters, digits, and {@code . _ : / + = -}. One for each instance of a server; thread-safe, as its
 * calls may run on several threads.
 */
public final class CallLog implements CallObserver, AutoCloseable {

  private final CallLogOptions options;
  private final LogFile file;
  private final LogBuffer buffer;
  private final LoggedCalls others;

  private CallLog(CallLogOptions options, LogFile file) {
    this.options = options;
    this.file = file;
    this.buffer = file.buffer(options.format() == CallLogOptions.Format.JSON);
    this.others = new LoggedCalls(options, buffer, null);
  }

  /**
   * Returns a log that is open.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public static CallLog open(CallLogOptions options) {
    return new CallLog(options, LogFile.open(options.file()));
  }

  @Override
  public CallTracer started(ObservedCall call) {
    return others;
  }

  @Override
  public CallObserver forMethod(Method<?, ?> method) {
    if (options.exempt().contains(method.service())
        || options.exempt().contains(method.fullName())) {
      return NONE;
    }
    return new LoggedCalls(options, buffer, method.fullName());
  }

  /** Writes what is left; calls that end later are not written. It may block for as long. */
  @Override
  public void close() {
    file.close(buffer);
  }
}
