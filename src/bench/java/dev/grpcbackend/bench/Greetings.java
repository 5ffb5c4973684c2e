package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;

/** What the greeters of all servers answer. */
final class Greetings {

  private Greetings() {}

  static HelloReply reply(String name) {
    return HelloReply.newBuilder().setMessage("Hello " + name).build();
  }
}
