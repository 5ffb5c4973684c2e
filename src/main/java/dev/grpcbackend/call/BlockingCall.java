package dev.grpcbackend.call;

import dev.grpcbackend.rpc.CurrentCaller;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A call as code that blocks sees it. Its methods are for the thread that the code runs on.
 *
 * <p>Shared by that thread and the event loop of the call: the end of the call may come while the
 * code starts or returns, and an interrupt must hit this code or nothing. A monitor decides which; it
 * is never held while anything waits.
 *
 * @param <Resp> the response message
 */
public final class BlockingCall<Resp> {

  /** Messages on their way to the event loop; more than one, so that neither waits for the other. */
  private static final int MESSAGES_AHEAD = 16;

  /** From this version on virtual threads wait in monitors without holding their carrier: JEP 491. */
  private static final int NEVER_PINNED = 24;

  private static final @Nullable MethodHandle VIRTUAL = startVirtualThread();

  /** Whether blocking handlers run on the worker threads of Vert.x, which are few. */
  static final boolean NEEDS_WORKER = VIRTUAL == null;

  private final ServerCall<?, Resp> call;
  private final Metadata headers;
  private final Semaphore ahead = new Semaphore(MESSAGES_AHEAD);
  private @Nullable Thread thread;
  private volatile @Nullable Status end;
  private volatile @Nullable Throwable sendFailure;

  /** Messages that were sent and have no room; of the event loop. */
  private int withoutRoom;

  private BlockingCall(ServerCall<?, Resp> call) {
    this.call = call;
    this.headers = call.headers();
  }

  /** What runs on a thread that may block. */
  @FunctionalInterface
  interface Body<Resp, R> {
    @Nullable
    R run(BlockingCall<Resp> call) throws Exception;
  }

  /** Runs code on a thread that may block. To be called on the call's context, which completes it. */
  static <Resp, R> Future<R> run(ServerCall<?, Resp> call, Body<Resp, R> body) {
    BlockingCall<Resp> blocking = new BlockingCall<>(call);
    call.cancelled().onSuccess(blocking::interrupt);
    Promise<R> done = Promise.promise();
    Runnable task = () -> {
      Future<R> outcome = blocking.outcome(body);
      // Behind its messages: a worker's own future may complete before they are sent.
      call.context().runOnContext(turn -> outcome.onComplete(done));
    };
    start(call.context(), task).onFailure(done::fail);
    return done.future().compose(result -> {
      Throwable failure = blocking.sendFailure;
      return failure == null ? Future.succeededFuture(result) : Future.failedFuture(failure);
    });
  }

  /** Returns what the caller sent before its message; must not be changed. */
  public Metadata headers() {
    return headers;
  }

  /** Returns when the call has to be over; the thread is interrupted then. */
  public Deadline deadline() {
    return call.deadline();
  }

  public Peer peer() {
    return call.peer();
  }

  /** Whether the call is over and nobody waits for an answer. */
  public boolean isCancelled() {
    return end != null;
  }

  /**
   * Sends one message of a stream. Waits while the caller reads more slowly than is sent.
   *
   * @throws InterruptedException if the call ends meanwhile
   * @throws dev.grpcbackend.rpc.StatusException if it has ended before, or a message before this one
   *     could not be encoded
   */
  public void send(Resp message) throws InterruptedException {
    Status over = end;
    if (over != null) {
      throw over.asException();
    }
    if (sendFailure instanceof RuntimeException failure) {
      throw failure;
    }
    ahead.acquire();
    call.context().runOnContext(turn -> sendOnContext(message));
  }

  private void sendOnContext(Resp message) {
    try {
      Future<Void> sent = call.send(message);
      if (sent.failed()) {
        sendFailure = sent.cause();
      }
    } catch (RuntimeException failure) {
      // A message that is null, or one whose marshaller throws: the call ends with it.
      sendFailure = failure;
    }
    if (!call.writeQueueFull()) {
      ahead.release();
    } else if (withoutRoom++ == 0) {
      call.drainHandler(room -> {
        ahead.release(withoutRoom);
        withoutRoom = 0;
      });
    }
  }

  private <R> Future<R> outcome(Body<Resp, R> body) {
    try {
      return Future.succeededFuture(work(body));
    } catch (Throwable failure) {
      return Future.failedFuture(failure);
    }
  }

  private <R> @Nullable R work(Body<Resp, R> body) throws Exception {
    synchronized (this) {
      if (end != null) {
        // It waited for a thread for longer than its caller did for it.
        throw end.asException();
      }
      thread = Thread.currentThread();
    }
    try {
      return body.run(this);
    } catch (Throwable failure) {
      Status over = end;
      if (over != null) {
        // What fails because the call is over is no news, and not to be logged as such.
        throw over.asException();
      }
      throw failure;
    } finally {
      synchronized (this) {
        thread = null;
      }
      // The next task of this thread is not the one that is to stop.
      var unused = Thread.interrupted();
    }
  }

  private void interrupt(Status status) {
    synchronized (this) {
      end = status;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  private static Future<?> start(Context context, Runnable task) {
    MethodHandle virtual = VIRTUAL;
    if (virtual == null) {
      return context.executeBlocking(Executors.callable(task), false);
    }
    Runnable onItsThread = () -> CurrentCaller.runOn(context, task);
    try {
      Thread unused = (Thread) virtual.invokeExact(onItsThread);
      return Future.succeededFuture();
    } catch (Throwable failure) {
      return Future.failedFuture(failure);
    }
  }

  private static @Nullable MethodHandle startVirtualThread() {
    if (Runtime.version().feature() < NEVER_PINNED) {
      return null;
    }
    try {
      return MethodHandles.publicLookup()
          .findStatic(
              Thread.class,
              "startVirtualThread",
              MethodType.methodType(Thread.class, Runnable.class));
    } catch (ReflectiveOperationException none) {
      return null;
    }
  }
}
