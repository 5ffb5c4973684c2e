package dev.grpcbackend.cli;

/** What a command tells the shell; beside these, 64 + the gRPC code for a failed call. */
final class ExitCode {

  static final int OK = 0;
  static final int FAILURE = 1;
  static final int USAGE = 2;
  static final int VERTX_FAILED = 11;
  static final int DEPLOYMENT_FAILED = 15;
  static final int RPC_BASE = 64;

  private ExitCode() {}
}
