package dev.grpcbackend.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of the jar, from its manifest. */
final class Version implements IVersionProvider {

  static final String NAME = "vertx-grpc-backend";

  /** Returns the version, {@code dev} outside a jar. */
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {NAME + " " + text()};
  }
}
