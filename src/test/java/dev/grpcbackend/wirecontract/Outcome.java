package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;

/** The end of one call, and what the connection under it is good for afterwards. */
record Outcome(WireServer server, RawHttp2Peer peer, RawResponse response, int startsBefore) {

  static final int PROTOCOL_ERROR = 1;

  /** HTTP 200 and a gRPC status, in one header block unless messages came first. */
  Outcome status(int code) {
    assertThat(response.grpcStatus()).as(response.toString()).hasValue(code);
    return http(200);
  }

  /** A refusal before any message: one header block. */
  Outcome refusedWith(int code) {
    status(code);
    assertThat(response.isTrailersOnly()).as(response.toString()).isTrue();
    assertThat(response.header("content-type").orElse("")).startsWith("application/grpc");
    return this;
  }

  Outcome message(String part) {
    assertThat(response.grpcMessage()).contains(part);
    return this;
  }

  Outcome http(int status) {
    assertThat(response.httpStatus()).as(response.toString()).hasValue(status);
    return this;
  }

  Outcome withoutGrpcStatus() {
    assertThat(response.grpcStatus()).isEmpty();
    return this;
  }

  Outcome header(String name, String value) {
    assertThat(response.header(name)).as(response.toString()).hasValue(value);
    return this;
  }

  Outcome reset(int code) {
    assertThat(response.resetCode()).as(response.toString()).hasValue(code);
    assertThat(response.headerBlocks()).isEmpty();
    return this;
  }

  /** OK and exactly the greetings of these names. */
  Outcome greets(String... names) {
    status(0);
    assertThat(response.messages())
        .map(GrpcFrames::payload)
        .containsExactly(java.util.Arrays.stream(names)
            .map(name -> Greeters.greeting(name).toByteString())
            .toArray(com.google.protobuf.ByteString[]::new));
    return this;
  }

  /**
   * The handler was started that often, and the connection still serves: a good call on it gets its
   * answer. Asked after that call, so that a late start would be seen.
   */
  void handlerStartsAndConnectionSurvives(int starts) {
    RawResponse next =
        peer.request(Greeters.sayHello(), Greeters.hello("survivor")).response();
    assertThat(next.messages())
        .map(GrpcFrames::payload)
        .containsExactly(Greeters.greeting("survivor").toByteString());
    assertThat(next.grpcStatus()).hasValue(0);
    assertThat(peer.goAways()).isEmpty();
    assertThat(server.starts() - startsBefore - 1).as("handler starts").isEqualTo(starts);
  }

  /** The handler did not start, and the connection still serves. */
  void noHandlerAndConnectionSurvives() {
    handlerStartsAndConnectionSurvives(0);
  }
}
