package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.Program;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A server whose machine has too little of something goes on with what it has. */
@EnabledOnOs(OS.LINUX)
class ScarcityIT {

  private static final int DESCRIPTORS = 160;

  @Test
  void noRoomForTheCallLog() throws Exception {
    try (Program server = Program.jar(
        "serve",
        "--port",
        "0",
        "--set",
        "callLog.file=/dev/full",
        "--set",
        "callLog.requestIds=true")) {
      int port = server.awaitPort();
      try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
        for (int i = 0; i < 200; i++) {
          assertThat(peer.request(sayHello(), hello("Ada")).response().grpcStatus())
              .hasValue(0);
        }
      }
      server.terminate();
      server.awaitExit();
      assertThat(server.output()).contains("stopped").contains("No space left on device");
      assertThat(server.output().lines().count()).isLessThan(60);
    }
  }

  @Test
  void noDescriptorsForMoreConnections() throws Exception {
    List<RawHttp1Peer> others = new ArrayList<>();
    try (Program server = Program.jarWithDescriptors(DESCRIPTORS, "serve", "--port", "0")) {
      int port = server.awaitPort();
      try (RawHttp2Peer first = RawHttp2Peer.connect(port)) {
        assertThat(first.request(sayHello(), hello("Ada")).response().grpcStatus())
            .hasValue(0);
        for (int i = 0; i < 2 * DESCRIPTORS; i++) {
          // The kernel takes those that the server cannot.
          others.add(RawHttp1Peer.connect(port));
        }
        assertThat(first.request(sayHello(), hello("Ada")).response().grpcStatus())
            .hasValue(0);
      }
      others.forEach(RawHttp1Peer::close);
      try (RawHttp2Peer next = RawHttp2Peer.connect(port)) {
        assertThat(next.request(sayHello(), hello("Bo")).response().grpcStatus())
            .hasValue(0);
      }
      server.terminate();
      server.awaitExit();
      assertThat(server.output()).contains("stopped", "Too many open files");
      assertThat(server.output()).hasSizeLessThan(16_384);
    }
  }
}
