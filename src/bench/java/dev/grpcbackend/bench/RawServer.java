package dev.grpcbackend.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.grpcbackend.bench.proto.HelloCount;
import dev.grpcbackend.bench.proto.HelloManyRequest;
import dev.grpcbackend.bench.proto.HelloRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/**
 * A handler of Vert.x's HTTP server that writes what a gRPC server would write and checks nothing:
 * what the transport below ours costs by itself. Its streams leave in parts of 16 KiB and ignore
 * how fast the caller reads.
 */
final class RawServer {

  private static final int PREFIX_BYTES = 5;
  private static final int PART_BYTES = 16 * 1024;

  private RawServer() {}

  static int start(int port) {
    Vertx vertx = VertxServers.vertx();
    return VertxServers.listen(vertx, VertxServers.wideWindows(), port, RawServer::handle);
  }

  private static void handle(HttpServerRequest request) {
    switch (request.path()) {
      case "/bench.Greeter/CountHellos" -> count(request);
      default -> {
        Buffer body = Buffer.buffer();
        request.handler(body::appendBuffer);
        request.endHandler(end -> answer(request, body));
      }
    }
  }

  private static void answer(HttpServerRequest request, Buffer body) {
    HttpServerResponse response = head(request);
    try {
      switch (request.path()) {
        case "/bench.Greeter/SayHello" ->
          response.end(
              framed(Greetings.reply(HelloRequest.parseFrom(payload(body)).getName())));
        case "/bench.Greeter/SayHelloMany" -> sendMany(response, payload(body));
        case "/bench.Greeter/Echo" -> response.end(body);
        default -> response.reset();
      }
    } catch (InvalidProtocolBufferException malformed) {
      response.reset();
    }
  }

  private static void sendMany(HttpServerResponse response, byte[] payload)
      throws InvalidProtocolBufferException {
    HelloManyRequest request = HelloManyRequest.parseFrom(payload);
    Buffer reply = framed(Greetings.reply(request.getName()));
    Buffer part = Buffer.buffer(PART_BYTES);
    for (int i = 0; i < request.getCount(); i++) {
      part.appendBuffer(reply);
      if (part.length() + reply.length() > PART_BYTES) {
        response.write(part);
        part = Buffer.buffer(PART_BYTES);
      }
    }
    response.end(part);
  }

  /** Finds the messages by their prefixes, across buffers, and does not decode them. */
  private static void count(HttpServerRequest request) {
    long[] state = new long[3];
    request.handler(data -> {
      int at = 0;
      while (at < data.length()) {
        if (state[1] < PREFIX_BYTES) {
          state[2] = (state[2] << 8 | data.getUnsignedByte(at++)) & 0xFFFFFFFFL;
          if (++state[1] < PREFIX_BYTES) {
            continue;
          }
        }
        long take = Math.min(state[2], data.length() - at);
        at += (int) take;
        state[2] -= take;
        if (state[2] == 0) {
          state[0]++;
          state[1] = 0;
        }
      }
    });
    request.endHandler(end ->
        head(request).end(framed(HelloCount.newBuilder().setCount(state[0]).build())));
  }

  private static HttpServerResponse head(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    response.putHeader("content-type", "application/grpc");
    response.putTrailer("grpc-status", "0");
    response.writeHead();
    return response;
  }

  private static byte[] payload(Buffer body) {
    return body.getBytes(PREFIX_BYTES, body.length());
  }

  private static Buffer framed(MessageLite message) {
    byte[] payload = message.toByteArray();
    return Buffer.buffer(PREFIX_BYTES + payload.length)
        .appendByte((byte) 0)
        .appendInt(payload.length)
        .appendBytes(payload);
  }
}
