package dev.grpcbackend.service;

import static dev.grpcbackend.call.ServerCalls.unary;

import com.google.protobuf.Message;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.client.Channels;
import dev.grpcbackend.proto.channelz.v1.GetChannelRequest;
import dev.grpcbackend.proto.channelz.v1.GetChannelResponse;
import dev.grpcbackend.proto.channelz.v1.GetServerRequest;
import dev.grpcbackend.proto.channelz.v1.GetServerResponse;
import dev.grpcbackend.proto.channelz.v1.GetServerSocketsRequest;
import dev.grpcbackend.proto.channelz.v1.GetServerSocketsResponse;
import dev.grpcbackend.proto.channelz.v1.GetServersRequest;
import dev.grpcbackend.proto.channelz.v1.GetServersResponse;
import dev.grpcbackend.proto.channelz.v1.GetSocketRequest;
import dev.grpcbackend.proto.channelz.v1.GetSocketResponse;
import dev.grpcbackend.proto.channelz.v1.GetSubchannelRequest;
import dev.grpcbackend.proto.channelz.v1.GetSubchannelResponse;
import dev.grpcbackend.proto.channelz.v1.GetTopChannelsRequest;
import dev.grpcbackend.proto.channelz.v1.GetTopChannelsResponse;
import dev.grpcbackend.proto.channelz.v1.Server;
import dev.grpcbackend.proto.channelz.v1.Socket;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * {@code grpc.channelz.v1.Channelz} over a {@link Channelz}, for servers, and over {@link Channels}: all
 * of a Vert.x and their connections, with what was done on them. What has no such number is NOT_FOUND.
 * At most {@value #MAX_RESULTS} things are in one answer.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A14-channelz.md">gRFC A14</a>
 */
public final class ChannelzService implements BindableService {

  static final int MAX_RESULTS = 100;

  private static final String SERVICE = "grpc.channelz.v1.Channelz/";

  private final Channelz known;
  private final ChannelzChannels channels;

  /** Creates the service; the calls of the channels are counted from now on. */
  public ChannelzService(Channelz known, Vertx vertx) {
    Channels open = Channels.of(vertx);
    open.count();
    this.known = known;
    this.channels = new ChannelzChannels(open);
  }

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        bind(
            "GetTopChannels",
            GetTopChannelsRequest.class,
            GetTopChannelsResponse.class,
            request ->
                channels.channels(request.getStartChannelId(), limit(request.getMaxResults()))),
        bind("GetServers", GetServersRequest.class, GetServersResponse.class, this::servers),
        bind("GetServer", GetServerRequest.class, GetServerResponse.class, this::server),
        bind(
            "GetServerSockets",
            GetServerSocketsRequest.class,
            GetServerSocketsResponse.class,
            this::serverSockets),
        bind(
            "GetChannel",
            GetChannelRequest.class,
            GetChannelResponse.class,
            request -> channels
                .channel(request.getChannelId())
                .compose(found -> found.isEmpty()
                    ? unknown("channel", request.getChannelId())
                    : Future.succeededFuture(
                        GetChannelResponse.newBuilder().setChannel(found.get()).build()))),
        bind(
            "GetSubchannel",
            GetSubchannelRequest.class,
            GetSubchannelResponse.class,
            request -> channels
                .subchannel(request.getSubchannelId())
                .compose(found -> found.isEmpty()
                    ? unknown("subchannel", request.getSubchannelId())
                    : Future.succeededFuture(GetSubchannelResponse.newBuilder()
                        .setSubchannel(found.get())
                        .build()))),
        bind("GetSocket", GetSocketRequest.class, GetSocketResponse.class, this::socket));
  }

  private static <Req extends Message, Resp extends Message> BoundMethod<Req, Resp> bind(
      String name, Class<Req> request, Class<Resp> response, Function<Req, Future<Resp>> answer) {
    return BoundMethod.of(SERVICE + name, request, response, unary((asked, call) -> {
      // Servers answer on their own event loops.
      Promise<Resp> here = Promise.promise();
      answer
          .apply(asked)
          .onComplete(done -> call.context().runOnContext(turn -> here.handle(done)));
      return here.future();
    }));
  }

  private static <T> Future<T> unknown(String kind, long number) {
    return Future.failedFuture(
        Status.NOT_FOUND.withDescription("there is no " + kind + " " + number).asException());
  }

  private static int limit(long wanted) {
    return wanted <= 0 ? MAX_RESULTS : (int) Math.min(wanted, MAX_RESULTS);
  }

  private Future<GetServersResponse> servers(GetServersRequest request) {
    List<Channelz.Instance> all =
        List.copyOf(known.servers().tailMap(request.getStartServerId()).values());
    int count = Math.min(all.size(), limit(request.getMaxResults()));
    List<Future<Server>> answers =
        all.subList(0, count).stream().map(Channelz.Instance::server).toList();
    return Future.all(answers)
        .map(done -> GetServersResponse.newBuilder()
            .addAllServer(done.<Server>list())
            .setEnd(count == all.size())
            .build());
  }

  private Future<GetServerResponse> server(GetServerRequest request) {
    Channelz.Instance server = known.servers().get(request.getServerId());
    return server == null
        ? unknown("server", request.getServerId())
        : server
            .server()
            .map(found -> GetServerResponse.newBuilder().setServer(found).build());
  }

  private Future<GetServerSocketsResponse> serverSockets(GetServerSocketsRequest request) {
    Channelz.Instance server = known.servers().get(request.getServerId());
    if (server == null) {
      return unknown("server", request.getServerId());
    }
    int limit = limit(request.getMaxResults());
    return server.sockets().map(all -> {
      List<Socket> wanted = all.stream()
          .skip(server.listening())
          .filter(socket -> socket.getRef().getSocketId() >= request.getStartSocketId())
          .toList();
      GetServerSocketsResponse.Builder response =
          GetServerSocketsResponse.newBuilder().setEnd(wanted.size() <= limit);
      wanted.stream().limit(limit).forEach(socket -> response.addSocketRef(socket.getRef()));
      return response.build();
    });
  }

  private Future<GetSocketResponse> socket(GetSocketRequest request) {
    List<Future<List<Socket>>> answers = new ArrayList<>();
    known.servers().values().forEach(server -> answers.add(server.sockets()));
    answers.add(channels.sockets());
    return Future.all(answers)
        .compose(done -> done.<List<Socket>>list().stream()
            .flatMap(List::stream)
            .filter(socket -> socket.getRef().getSocketId() == request.getSocketId())
            .findFirst()
            .map(socket -> Future.succeededFuture(
                GetSocketResponse.newBuilder().setSocket(socket).build()))
            .orElseGet(() -> unknown("socket", request.getSocketId())));
  }
}
