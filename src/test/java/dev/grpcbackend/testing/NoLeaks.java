package dev.grpcbackend.testing;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails the test run, after its last test, if a buffer was lost in any of them. Registered as a
 * service for all test classes.
 */
public final class NoLeaks implements BeforeAllCallback {

  private static final int COLLECTIONS = 5;

  /** Made by JUnit. */
  public NoLeaks() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .getOrComputeIfAbsent(NoLeaks.class, first -> new AtTheEnd());
  }

  private static final class AtTheEnd implements AutoCloseable {

    @Override
    public void close() {
      if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
        // A run that is not Maven's, in an editor.
        return;
      }
      for (int i = 0; i < COLLECTIONS; i++) {
        // A leak is seen when the buffer is collected, and reported with the next one that is made.
        System.gc();
        PooledByteBufAllocator.DEFAULT.buffer().release();
      }
      List<String> leaks = LeakRecorder.leaks();
      if (!leaks.isEmpty()) {
        throw new AssertionError(leaks.size() + " buffers were lost, the first: " + leaks.get(0));
      }
    }
  }
}
