package dev.grpcbackend.bench;

import java.util.function.IntUnaryOperator;

/**
 * Runs one of the servers: {@code Main KIND [PORT]}. Prints {@code ready PORT} once it listens.
 *
 * <p>Each server has one event loop and one thread that handles calls, the same.
 */
public final class Main {

  private Main() {}

  /** Starts the server that the arguments name. */
  public static void main(String[] args) {
    String kind = args.length > 0 ? args[0] : "plain";
    int port = args.length > 1 ? Integer.parseInt(args[1]) : 0;
    System.out.println("ready " + server(kind).applyAsInt(port));
  }

  private static IntUnaryOperator server(String kind) {
    // One class for each, so that a server's process loads what it needs itself and no more.
    return switch (kind) {
      case "ours" -> port -> OursServer.start(port, false);
      case "ours-stub" -> port -> OursServer.start(port, true);
      case "ours-metrics" -> port -> OursServer.startWatched(port, false);
      case "ours-logged" -> port -> OursServer.startWatched(port, true);
      case "plain" -> port -> PlainServer.start(port, false);
      case "plain-wide" -> port -> PlainServer.start(port, true);
      case "grpc-java" -> GrpcJavaServer::start;
      case "armeria" -> ArmeriaServer::start;
      case "raw" -> RawServer::start;
      default ->
        throw new IllegalArgumentException("server: " + kind
            + " (expected: ours, ours-stub, ours-metrics, ours-logged, plain, plain-wide, grpc-java, armeria or raw)");
    };
  }
}
