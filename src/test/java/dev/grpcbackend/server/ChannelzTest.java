package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.TestServer;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.channelz.v1.Channel;
import io.grpc.channelz.v1.ChannelConnectivityState;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.ChannelzGrpc.ChannelzBlockingStub;
import io.grpc.channelz.v1.GetChannelRequest;
import io.grpc.channelz.v1.GetServerRequest;
import io.grpc.channelz.v1.GetServerSocketsRequest;
import io.grpc.channelz.v1.GetServerSocketsResponse;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.channelz.v1.GetServersResponse;
import io.grpc.channelz.v1.GetSocketRequest;
import io.grpc.channelz.v1.GetSubchannelRequest;
import io.grpc.channelz.v1.GetTopChannelsRequest;
import io.grpc.channelz.v1.Server;
import io.grpc.channelz.v1.Socket;
import io.grpc.channelz.v1.SocketRef;
import io.grpc.channelz.v1.Subchannel;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What grpc-java's client of channelz reads. */
@Timeout(120)
class ChannelzTest {

  private static final String SAY_HELLO = "helloworld.Greeter/SayHello";

  @SuppressWarnings("NullAway.Init") // set before each test
  private TestServer server;

  @SuppressWarnings("NullAway.Init") // set before each test
  private ManagedChannel connection;

  @SuppressWarnings("NullAway.Init") // set before each test
  private ChannelzBlockingStub channelz;

  @BeforeEach
  void start() {
    server = TestServer.start(
        TestServer.OPTIONS.withServices(
            new ServerOptions.Services(List.of(), false, false, true, true)),
        builder -> {});
    connection = GrpcJava.channel(server.port());
    channelz = ChannelzGrpc.newBlockingStub(connection);
  }

  @AfterEach
  void close() {
    connection.shutdownNow();
    server.close();
  }

  private void hello(ManagedChannel channel) {
    GrpcJava.unary(
        channel,
        SAY_HELLO,
        HelloRequest.newBuilder().setName("Ada").build(),
        HelloReply.getDefaultInstance());
  }

  private Server server() {
    return channelz.getServers(GetServersRequest.getDefaultInstance()).getServer(0);
  }

  private GetServerSocketsResponse sockets(long from, long most) {
    return channelz.getServerSockets(GetServerSocketsRequest.newBuilder()
        .setServerId(server().getRef().getServerId())
        .setStartSocketId(from)
        .setMaxResults(most)
        .build());
  }

  private Socket socket(SocketRef ref) {
    return channelz
        .getSocket(GetSocketRequest.newBuilder().setSocketId(ref.getSocketId()).build())
        .getSocket();
  }

  @Test
  void countsTheCallsOfAServer() {
    hello(connection);
    var unused = refused(() -> GrpcJava.unary(
        connection,
        "helloworld.Greeter/Unknown",
        HelloRequest.getDefaultInstance(),
        HelloReply.getDefaultInstance()));
    Server seen = server();
    assertThat(seen.getRef().getName()).isEqualTo("127.0.0.1:" + server.port());
    // With the one that asks.
    assertThat(seen.getData().getCallsStarted()).isEqualTo(3);
    assertThat(seen.getData().getCallsSucceeded()).isEqualTo(1);
    assertThat(seen.getData().getCallsFailed()).isEqualTo(1);
    assertThat(seen.getData().getLastCallStartedTimestamp().getSeconds()).isPositive();
    assertThat(channelz
            .getServer(GetServerRequest.newBuilder()
                .setServerId(seen.getRef().getServerId())
                .build())
            .getServer()
            .getRef())
        .isEqualTo(seen.getRef());
  }

  @Test
  void tellsWhereTheServerListens() {
    Socket listening = socket(server().getListenSocket(0));
    assertThat(listening.getLocal().getTcpipAddress().getPort()).isEqualTo(server.port());
    assertThat(listening.getLocal().getTcpipAddress().getIpAddress().toByteArray())
        .isEqualTo(new byte[] {127, 0, 0, 1});
  }

  @Test
  void countsWhatIsDoneWithAConnection() {
    ManagedChannel other = GrpcJava.channel(server.port());
    try {
      hello(other);
      hello(other);
      List<Socket> seen =
          sockets(0, 0).getSocketRefList().stream().map(this::socket).toList();
      assertThat(seen).hasSize(2);
      Socket theirs = seen.stream()
          .filter(socket -> socket.getData().getStreamsStarted() == 2)
          .findFirst()
          .orElseThrow();
      assertThat(theirs.getData().getStreamsSucceeded()).isEqualTo(2);
      assertThat(theirs.getData().getMessagesReceived()).isEqualTo(2);
      assertThat(theirs.getData().getMessagesSent()).isEqualTo(2);
      assertThat(theirs.getData().getLastMessageSentTimestamp().getSeconds()).isPositive();
      assertThat(theirs.getLocal().getTcpipAddress().getPort()).isEqualTo(server.port());
      assertThat(theirs.getRemote().getTcpipAddress().getPort()).isPositive();
      assertThat(theirs.hasSecurity()).isFalse();
    } finally {
      other.shutdownNow();
    }
  }

  @Test
  void answersInPages() {
    ManagedChannel other = GrpcJava.channel(server.port());
    try {
      hello(other);
      GetServerSocketsResponse first = sockets(0, 1);
      assertThat(first.getSocketRefCount()).isEqualTo(1);
      assertThat(first.getEnd()).isFalse();
      GetServerSocketsResponse second = sockets(first.getSocketRef(0).getSocketId() + 1, 1);
      assertThat(second.getSocketRefCount()).isEqualTo(1);
      assertThat(second.getEnd()).isTrue();
      long after = server().getRef().getServerId() + 1;
      GetServersResponse none = channelz.getServers(
          GetServersRequest.newBuilder().setStartServerId(after).build());
      assertThat(none.getServerCount()).isZero();
      assertThat(none.getEnd()).isTrue();
    } finally {
      other.shutdownNow();
    }
  }

  @Test
  void doesNotKnowWhatIsNotThere() {
    assertThat(
            channelz.getTopChannels(GetTopChannelsRequest.getDefaultInstance()).getEnd())
        .isTrue();
    for (StatusRuntimeException refused : List.of(
        refused(() ->
            channelz.getServer(GetServerRequest.newBuilder().setServerId(-1).build())),
        refused(() ->
            channelz.getSocket(GetSocketRequest.newBuilder().setSocketId(-1).build())),
        refused(() ->
            channelz.getChannel(GetChannelRequest.newBuilder().setChannelId(1).build())))) {
      assertThat(refused.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.NOT_FOUND);
    }
  }

  @Test
  void countsTheCallsOfChannelsOfTheSameVertx() {
    Method<HelloRequest, HelloReply> sayHello = method(SAY_HELLO);
    Method<HelloRequest, HelloReply> unknown = method("helloworld.Greeter/Unknown");
    dev.grpcbackend.client.Channel calls = dev.grpcbackend.client.Channel.create(
        server.vertx(), ChannelOptions.to("127.0.0.1:" + server.port()));
    TestServer.await(calls.unary(sayHello, HelloRequest.getDefaultInstance()));
    TestServer.await(calls.unary(sayHello, HelloRequest.getDefaultInstance()));
    TestServer.await(calls
        .unary(unknown, HelloRequest.getDefaultInstance())
        .transform(refused -> Future.succeededFuture()));

    Channel seen =
        channelz.getTopChannels(GetTopChannelsRequest.getDefaultInstance()).getChannel(0);
    assertThat(seen.getData().getTarget()).isEqualTo("127.0.0.1:" + server.port());
    assertThat(seen.getData().getState().getState())
        .isEqualTo(ChannelConnectivityState.State.READY);
    assertThat(seen.getData().getCallsStarted()).isEqualTo(3);
    assertThat(seen.getData().getCallsSucceeded()).isEqualTo(2);
    assertThat(seen.getData().getCallsFailed()).isEqualTo(1);
    assertThat(seen.getData().getLastCallStartedTimestamp().getSeconds()).isPositive();
    assertThat(channelz
            .getChannel(GetChannelRequest.newBuilder()
                .setChannelId(seen.getRef().getChannelId())
                .build())
            .getChannel()
            .getRef())
        .isEqualTo(seen.getRef());
    Subchannel only = channelz
        .getSubchannel(GetSubchannelRequest.newBuilder()
            .setSubchannelId(seen.getSubchannelRef(0).getSubchannelId())
            .build())
        .getSubchannel();
    assertThat(only.getData().getCallsStarted()).isEqualTo(3);
    assertThat(only.getData().getCallsFailed()).isEqualTo(1);
    Socket used = socket(only.getSocketRef(0));
    assertThat(used.getData().getStreamsStarted()).isEqualTo(3);
    assertThat(used.getData().getStreamsSucceeded()).isEqualTo(2);
    assertThat(used.getRemote().getTcpipAddress().getPort()).isEqualTo(server.port());
    // The same connection as the server sees it.
    assertThat(sockets(0, 0).getSocketRefList().stream()
            .map(this::socket)
            .map(socket -> socket.getRemote().getTcpipAddress().getPort()))
        .contains(used.getLocal().getTcpipAddress().getPort());

    TestServer.await(calls.close());
    assertThat(
            channelz.getTopChannels(GetTopChannelsRequest.getDefaultInstance()).getChannelCount())
        .isZero();
  }

  private static Method<HelloRequest, HelloReply> method(String name) {
    return new Method<>(
        name.substring(0, name.indexOf('/')),
        name.substring(name.indexOf('/') + 1),
        MethodType.UNARY,
        Marshaller.of(HelloRequest.class),
        Marshaller.of(HelloReply.class),
        false,
        null);
  }

  @Test
  void isNotThereUnlessItIsAskedFor() {
    try (TestServer usual = TestServer.start(
        TestServer.OPTIONS.withServices(ServerOptions.Services.DEFAULTS), builder -> {})) {
      ManagedChannel channel = GrpcJava.channel(usual.port());
      assertThat(refused(() -> ChannelzGrpc.newBlockingStub(channel)
                  .getServers(GetServersRequest.getDefaultInstance()))
              .getStatus()
              .getCode())
          .isEqualTo(io.grpc.Status.Code.UNIMPLEMENTED);
      channel.shutdownNow();
    }
  }

  @Test
  void isToldAtTheAddressForManagementOnly() {
    ManagementOptions apart = new ManagementOptions(true, "127.0.0.1", 0, false, true, true);
    try (TestServer managed = TestServer.start(
        TestServer.OPTIONS
            .withServices(new ServerOptions.Services(List.of(), false, false, false, true))
            .withManagement(apart),
        builder -> {})) {
      ManagedChannel calls = GrpcJava.channel(managed.port());
      ManagedChannel operators = GrpcJava.channel(managed.verticle().managementPort());
      hello(calls);
      assertThat(ChannelzGrpc.newBlockingStub(operators)
              .getServers(GetServersRequest.getDefaultInstance())
              .getServer(0)
              .getData()
              .getCallsSucceeded())
          .isEqualTo(1);
      assertThat(refused(() -> ChannelzGrpc.newBlockingStub(calls)
                  .getServers(GetServersRequest.getDefaultInstance()))
              .getStatus()
              .getCode())
          .isEqualTo(io.grpc.Status.Code.UNIMPLEMENTED);
      calls.shutdownNow();
      operators.shutdownNow();
    }
  }

  private static StatusRuntimeException refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call);
  }
}
