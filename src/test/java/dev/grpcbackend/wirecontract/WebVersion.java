package dev.grpcbackend.wirecontract;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;

/** The versions of HTTP that web clients speak. */
enum WebVersion {
  HTTP_1_1 {
    @Override
    Peer connect(WireServer server) {
      RawHttp1Peer peer = server.connectHttp1();
      return (fields, body) -> peer.request(fields, body).response();
    }
  },
  HTTP_2 {
    @Override
    Peer connect(WireServer server) {
      RawHttp2Peer peer = server.connect();
      return (fields, body) -> {
        RawStream stream = peer.open(fields);
        stream.endInFrames(body, MAX_FRAME_BYTES);
        return WebResponse.of(stream.response());
      };
    }
  };

  private static final int MAX_FRAME_BYTES = 16_384;

  /** A connection for whole calls, one after the other. */
  interface Peer {
    WebResponse call(RequestFields fields, ByteString body);
  }

  /** Opens a connection, which is closed after the test. */
  abstract Peer connect(WireServer server);

  /** Makes a whole call on a new connection. */
  WebOutcome call(WireServer server, RequestFields fields, ByteString body) {
    Peer peer = connect(server);
    int before = server.starts();
    return new WebOutcome(server, peer, peer.call(fields, body), before);
  }
}
