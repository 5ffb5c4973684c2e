package dev.grpcbackend.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Prints where the samples of a flight recording fell: {@code Hotspots FILE [SECONDS]}, the last so
 * many seconds of it.
 *
 * <p>Five tables: the layer that was running; the method that was running; our line that was running
 * or had called what was; our method with all that it called; our line that was allocating.
 */
public final class Hotspots {

  private static final int ROWS = 30;
  private static final String OURS = "dev.grpcbackend.";

  /** The first prefix that fits names the layer. */
  private static final List<String> LAYERS = List.of(
      "dev.grpcbackend.wire",
      "dev.grpcbackend.call",
      "dev.grpcbackend.protocol",
      "dev.grpcbackend.transport",
      "dev.grpcbackend.policy",
      "dev.grpcbackend",
      "com.google.protobuf",
      "io.grpc",
      "io.vertx.grpc",
      "io.vertx.core.http",
      "io.vertx",
      "io.netty.handler.codec.http2",
      "io.netty.handler.codec",
      "io.netty.buffer",
      "io.netty.channel",
      "io.netty",
      "sun.nio",
      "java",
      "jdk");

  private final Map<String, Long> layers = new HashMap<>();
  private final Map<String, Long> methods = new HashMap<>();
  private final Map<String, Long> ourLines = new HashMap<>();
  private final Map<String, Long> ourInclusive = new HashMap<>();
  private final Map<String, Long> allocations = new HashMap<>();
  private long samples;
  private long allocated;

  private Hotspots() {}

  /** Reads the recording that the arguments name and prints the tables. */
  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[0]);
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    Instant last =
        events.stream().map(RecordedEvent::getEndTime).max(Instant::compareTo).get();
    Instant first =
        args.length > 1 ? last.minus(Duration.ofSeconds(Long.parseLong(args[1]))) : Instant.MIN;
    Hotspots hotspots = new Hotspots();
    for (RecordedEvent event : events) {
      if (event.getStartTime().isAfter(first) && event.getStackTrace() != null) {
        hotspots.add(event);
      }
    }
    hotspots.print();
  }

  private void add(RecordedEvent event) {
    List<RecordedFrame> frames = event.getStackTrace().getFrames();
    switch (event.getEventType().getName()) {
      case "jdk.ExecutionSample", "jdk.NativeMethodSample" -> {
        if (!isWaiting(frames)) {
          addSample(frames);
        }
      }
      case "jdk.ObjectAllocationSample" -> {
        long weight = event.getLong("weight");
        allocated += weight;
        String what =
            event.getClass("objectClass").getName() + "  <-  " + nearest(frames, Hotspots::line);
        allocations.merge(what, weight, Long::sum);
      }
      default -> {
        // Other events say nothing about a place in the code.
      }
    }
  }

  private void addSample(List<RecordedFrame> frames) {
    samples++;
    methods.merge(method(frames.get(0)), 1L, Long::sum);
    String type = type(frames.get(0));
    layers.merge(
        LAYERS.stream().filter(type::startsWith).findFirst().orElse("other"), 1L, Long::sum);
    ourLines.merge(nearest(frames, Hotspots::line), 1L, Long::sum);
    Set<String> seen = new HashSet<>();
    for (RecordedFrame frame : frames) {
      if (type(frame).startsWith(OURS) && seen.add(method(frame))) {
        ourInclusive.merge(method(frame), 1L, Long::sum);
      }
    }
  }

  /** A thread in the selector waits; native samples do not tell waiting from working. */
  private static boolean isWaiting(List<RecordedFrame> frames) {
    String top = method(frames.get(0));
    return top.contains("EPoll.wait") || top.contains("accept") || top.contains("park");
  }

  private static String nearest(List<RecordedFrame> frames, Function<RecordedFrame, String> name) {
    for (RecordedFrame frame : frames) {
      if (type(frame).startsWith(OURS)) {
        return name.apply(frame);
      }
    }
    return "(none of ours)";
  }

  private static String type(RecordedFrame frame) {
    return frame.getMethod().getType().getName();
  }

  private static String method(RecordedFrame frame) {
    return type(frame) + "." + frame.getMethod().getName();
  }

  private static String line(RecordedFrame frame) {
    return method(frame) + ":" + frame.getLineNumber();
  }

  private void print() {
    print("share of " + samples + " samples by layer", layers, samples);
    print("running method", methods, samples);
    print("our line that ran, or that called what ran", ourLines, samples);
    print("our method with all that it called", ourInclusive, samples);
    print("allocated bytes by class and our line", allocations, allocated);
  }

  private static void print(String title, Map<String, Long> counts, long total) {
    System.out.println();
    System.out.println(title);
    List<Map.Entry<String, Long>> rows = new ArrayList<>(counts.entrySet());
    rows.sort(Map.Entry.<String, Long>comparingByValue().reversed());
    for (Map.Entry<String, Long> row : rows.subList(0, Math.min(ROWS, rows.size()))) {
      System.out.printf("%6.1f %%  %s%n", 100.0 * row.getValue() / total, row.getKey());
    }
  }
}
