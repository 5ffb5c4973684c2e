package dev.grpcbackend.testing;

/** How long tests wait for what is bound to come: on a slow machine that everybody uses, long. */
public final class Patience {

  public static final int SECONDS = 40;

  private Patience() {}
}
