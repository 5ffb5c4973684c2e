package dev.grpcbackend.interop;

/** The interop cases as our client runs them. */
enum ClientCase {
  EMPTY_UNARY(ClientCases::emptyUnary),
  LARGE_UNARY(ClientCases::largeUnary),
  VERY_LARGE_REQUEST(ClientCases::veryLargeRequest),
  CLIENT_COMPRESSED_UNARY(ClientCases::clientCompressedUnary),
  CLIENT_COMPRESSED_UNARY_NOPROBE(ClientCases::clientCompressedUnaryWithoutProbe),
  SERVER_COMPRESSED_UNARY(ClientCases::serverCompressedUnary),
  CLIENT_STREAMING(ClientCases::clientStreaming),
  CLIENT_COMPRESSED_STREAMING(ClientCases::clientCompressedStreaming),
  CLIENT_COMPRESSED_STREAMING_NOPROBE(ClientCases::clientCompressedStreamingWithoutProbe),
  SERVER_STREAMING(ClientCases::serverStreaming),
  SERVER_COMPRESSED_STREAMING(ClientCases::serverCompressedStreaming),
  PING_PONG(ClientCases::pingPong),
  EMPTY_STREAM(ClientCases::emptyStream),
  CUSTOM_METADATA(ClientCases::customMetadata),
  STATUS_CODE_AND_MESSAGE(ClientCases::statusCodeAndMessage),
  SPECIAL_STATUS_MESSAGE(ClientCases::specialStatusMessage),
  UNIMPLEMENTED_METHOD(ClientCases::unimplementedMethod),
  UNIMPLEMENTED_SERVICE(ClientCases::unimplementedService),
  CANCEL_AFTER_BEGIN(ClientCases::cancelAfterBegin),
  CANCEL_AFTER_FIRST_RESPONSE(ClientCases::cancelAfterFirstResponse),
  TIMEOUT_ON_SLEEPING_SERVER(ClientCases::timeoutOnSleepingServer),
  RPC_SOAK(ClientCases::rpcSoak),
  CHANNEL_SOAK(ClientCases::channelSoak);

  @SuppressWarnings("ImmutableEnumChecker") // method references have no state
  private final Body body;

  ClientCase(Body body) {
    this.body = body;
  }

  void run(ClientCases cases) throws Exception {
    body.run(cases);
  }

  @FunctionalInterface
  private interface Body {
    void run(ClientCases cases) throws Exception;
  }
}
