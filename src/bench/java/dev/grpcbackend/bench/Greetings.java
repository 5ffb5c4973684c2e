package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.RestReply;

/** What the greeters of all servers answer. */
final class Greetings {

  private Greetings() {}

  static HelloReply reply(String name) {
    return HelloReply.newBuilder().setMessage("Hello " + name).build();
  }

  static RestReply rest(String name) {
    return RestReply.newBuilder().setMessage("Hello " + name).build();
  }
}
