package dev.grpcbackend.bench;

import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import java.net.InetSocketAddress;

/** Armeria with all that its gRPC service can speak, calls handled on the one event loop. */
final class ArmeriaServer {

  private ArmeriaServer() {}

  static int start(int port) {
    // As all others have it.
    System.setProperty("com.linecorp.armeria.transportType", "nio");
    Server server = Server.builder()
        .http(new InetSocketAddress("127.0.0.1", port))
        .workerGroup(1)
        .service(GrpcService.builder()
            .addService(GrpcJavaServer.greeter())
            .addService(GrpcJavaServer.rest())
            .supportedSerializationFormats(GrpcSerializationFormats.values())
            .enableUnframedRequests(true)
            .enableHttpJsonTranscoding(true)
            .build())
        .build();
    server.start().join();
    return server.activeLocalPort();
  }
}
