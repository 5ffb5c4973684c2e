package dev.grpcbackend.observe;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a call log goes: a thread that writes what event loops have put into their buffers, so that no
 * loop waits for a disk or a pipe. At once if it has had nothing to do, else ten times a second. One
 * for each file of the process, however many servers write to it. Thread-safe.
 */
final class LogFile {

  /** Stands for standard output. */
  static final String STDOUT = "-";

  private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Map<String, LogFile> OPEN = new HashMap<>();

  private final String name;
  private final OutputStream out;
  private final Thread thread;
  private final List<LogBuffer> buffers = new CopyOnWriteArrayList<>();
  private final LogBuffer.Block block = new LogBuffer.Block();
  private int users;
  private volatile boolean closed;

  /** Whether the thread waits for the first line; read and written around the buffers' monitors. */
  private volatile boolean idle;

  private boolean failing;

  /** By what a buffer, its monitor held, says that the thread has something to do. */
  interface Wake {
    /** There is a line where there was none. */
    void first();

    /** There is more than should wait. */
    void pressing();
  }

  private LogFile(String name, OutputStream out) {
    this.name = name;
    this.out = out;
    this.thread = new Thread(this::run, "grpc-call-log");
    thread.setDaemon(true);
  }

  /**
   * Returns the log of that name, to be closed once by each who has opened it.
   *
   * @throws UncheckedIOException if the file cannot be written
   */
  static LogFile open(String name) {
    synchronized (OPEN) {
      LogFile file = OPEN.get(name);
      if (file == null) {
        file = new LogFile(name, stream("callLog.file", name));
        OPEN.put(name, file);
        file.thread.start();
      }
      file.users++;
      return file;
    }
  }

  /**
   * Returns what writes to a file, or to standard output, by its name.
   *
   * @param key of the option that has the name
   */
  static OutputStream stream(String key, String name) {
    try {
      // Itself, not the stream of the JVM, which has a buffer and a lock that others use.
      return name.equals(STDOUT)
          ? new FileOutputStream(FileDescriptor.out)
          : Files.newOutputStream(
              Path.of(name), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException failure) {
      throw new UncheckedIOException(
          key + ": " + name + " (expected: a file that can be written, but: "
              + failure.getClass().getSimpleName() + ")",
          failure);
    }
  }

  /** Returns a buffer for lines; one for each event loop. */
  LogBuffer buffer(boolean json) {
    LogBuffer buffer = new LogBuffer(json, new Wake() {
      @Override
      public void first() {
        if (idle) {
          LockSupport.unpark(thread);
        }
      }

      @Override
      public void pressing() {
        LockSupport.unpark(thread);
      }
    });
    buffers.add(buffer);
    return buffer;
  }

  /** Writes what is left of a buffer and forgets it; the last who closes it ends it. */
  void close(LogBuffer buffer) {
    write();
    buffers.remove(buffer);
    synchronized (OPEN) {
      users--;
      if (users > 0) {
        return;
      }
      OPEN.remove(name);
      closed = true;
    }
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      if (write()) {
        idle = false;
        LockSupport.parkNanos(this, PERIOD_NANOS);
      } else if (!idle) {
        // And look once more, for a line whose writer has not seen it.
        idle = true;
      } else {
        LockSupport.park(this);
      }
    }
    if (!name.equals(STDOUT)) {
      try {
        out.close();
      } catch (IOException failure) {
        failed(failure);
      }
    }
  }

  /** Writes what there is; returns whether there was anything. */
  private synchronized boolean write() {
    boolean any = false;
    for (LogBuffer buffer : buffers) {
      buffer.take(block);
      try {
        if (block.size() > 0) {
          any = true;
          out.write(block.bytes(), 0, block.size());
          failing = false;
        }
        if (block.lost() > 0) {
          out.write(("# " + block.lost() + " lines lost: written faster than they are taken\n")
              .getBytes(StandardCharsets.UTF_8));
        }
      } catch (IOException failure) {
        failed(failure);
      }
    }
    return any;
  }

  private void failed(IOException failure) {
    if (!failing) {
      failing = true;
      LOG.error(
          "the call log cannot be written to {}, its lines are lost until it can", name, failure);
    }
  }
}
