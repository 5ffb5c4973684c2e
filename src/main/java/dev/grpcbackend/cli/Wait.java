package dev.grpcbackend.cli;

import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import java.util.concurrent.ExecutionException;

/** Waits for futures on the main thread of a command, which has nothing else to do. */
final class Wait {

  private Wait() {}

  /** Returns the result; a failure that the user has to see is thrown as it is. */
  static <T> T until(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted");
    } catch (ExecutionException failure) {
      Throwable cause = failure.getCause();
      if (cause instanceof StatusException status) {
        throw status;
      }
      if (cause instanceof CommandFailure known) {
        throw known;
      }
      throw new CommandFailure(String.valueOf(cause));
    }
  }
}
