package dev.grpcbackend.service;

import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;

/** Collects the names of one {@code SayHelloToAll}; a caller cannot make it grow without end. */
final class GuestList {

  static final int MAX_NAMES = 1_000;
  static final int MAX_CHARACTERS = 65_536;

  private final List<String> names = new ArrayList<>();
  private final Promise<String> all = Promise.promise();
  private int characters;

  /** Completes with "Ada, Bo and Cy" when the stream has ended. */
  Future<String> read(ReadStream<HelloRequest> requests) {
    requests.exceptionHandler(all::tryFail);
    requests.endHandler(end -> all.tryComplete(text()));
    requests.handler(this::add);
    return all.future();
  }

  private void add(HelloRequest request) {
    characters += request.getName().length();
    if (names.size() == MAX_NAMES) {
      refuse("names: more than " + MAX_NAMES + " (expected: at most " + MAX_NAMES + ")");
    } else if (characters > MAX_CHARACTERS) {
      refuse(
          "characters of all names: " + characters + " (expected: at most " + MAX_CHARACTERS + ")");
    } else {
      names.add(request.getName());
    }
  }

  private void refuse(String reason) {
    all.tryFail(Status.RESOURCE_EXHAUSTED.withDescription(reason).asException());
  }

  private String text() {
    if (names.isEmpty()) {
      return "nobody";
    }
    int last = names.size() - 1;
    return last == 0
        ? names.get(0)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }
}
