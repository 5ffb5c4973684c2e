package dev.grpcbackend.service;

import dev.grpcbackend.client.ChannelState;
import dev.grpcbackend.client.Channels;
import dev.grpcbackend.client.ServerState;
import dev.grpcbackend.proto.channelz.v1.Channel;
import dev.grpcbackend.proto.channelz.v1.ChannelConnectivityState;
import dev.grpcbackend.proto.channelz.v1.ChannelData;
import dev.grpcbackend.proto.channelz.v1.ChannelRef;
import dev.grpcbackend.proto.channelz.v1.GetTopChannelsResponse;
import dev.grpcbackend.proto.channelz.v1.Socket;
import dev.grpcbackend.proto.channelz.v1.SocketData;
import dev.grpcbackend.proto.channelz.v1.SocketRef;
import dev.grpcbackend.proto.channelz.v1.Subchannel;
import dev.grpcbackend.proto.channelz.v1.SubchannelRef;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The channels of a Vert.x as channelz has them; its subchannels are our servers of a channel. */
final class ChannelzChannels {

  private final Channels channels;

  ChannelzChannels(Channels channels) {
    this.channels = channels;
  }

  /** Returns so many channels from a number on. */
  Future<GetTopChannelsResponse> channels(long from, int limit) {
    return channels.states().map(all -> {
      List<ChannelState> wanted =
          all.stream().filter(channel -> channel.number() >= from).toList();
      GetTopChannelsResponse.Builder response =
          GetTopChannelsResponse.newBuilder().setEnd(wanted.size() <= limit);
      wanted.stream().limit(limit).forEach(channel -> response.addChannel(channel(channel)));
      return response.build();
    });
  }

  Future<Optional<Channel>> channel(long number) {
    return channels
        .states()
        .map(all -> all.stream()
            .filter(channel -> channel.number() == number)
            .map(ChannelzChannels::channel)
            .findFirst());
  }

  Future<Optional<Subchannel>> subchannel(long number) {
    return channels
        .states()
        .map(all -> servers(all)
            .filter(server -> server.number() == number)
            .map(ChannelzChannels::subchannel)
            .findFirst());
  }

  /** Returns the connections of all of them. */
  Future<List<Socket>> sockets() {
    return channels
        .states()
        .map(all -> servers(all)
            .flatMap(server -> server.connections().stream())
            .map(ChannelzChannels::socket)
            .toList());
  }

  private static Stream<ChannelState.Server> servers(List<ChannelState> all) {
    return all.stream().flatMap(channel -> channel.servers().stream());
  }

  private static Channel channel(ChannelState channel) {
    Channel.Builder known = Channel.newBuilder()
        .setRef(ChannelRef.newBuilder().setChannelId(channel.number()).setName(channel.target()))
        .setData(data(channel.target(), channel.state(), channel.calls()));
    for (ChannelState.Server server : channel.servers()) {
      known.addSubchannelRef(ref(server));
    }
    return known.build();
  }

  private static Subchannel subchannel(ChannelState.Server server) {
    ServerState known = server.known();
    Subchannel.Builder subchannel = Subchannel.newBuilder()
        .setRef(ref(server))
        .setData(data(known.address(), known.state(), server.streams()));
    for (ChannelState.Socket connection : server.connections()) {
      subchannel.addSocketRef(ref(connection));
    }
    return subchannel.build();
  }

  private static SubchannelRef ref(ChannelState.Server server) {
    return SubchannelRef.newBuilder()
        .setSubchannelId(server.number())
        .setName(server.known().address())
        .build();
  }

  private static SocketRef ref(ChannelState.Socket connection) {
    return SocketRef.newBuilder()
        .setSocketId(connection.number())
        .setName(connection.local() + " -> " + connection.remote())
        .build();
  }

  private static ChannelData data(
      String target, ServerState.State state, ChannelState.Totals calls) {
    ChannelData.Builder data = ChannelData.newBuilder()
        .setState(ChannelConnectivityState.newBuilder().setState(state(state)))
        .setTarget(target)
        .setCallsStarted(calls.started())
        .setCallsSucceeded(calls.succeeded())
        .setCallsFailed(calls.failed());
    if (calls.lastStartedMillis() > 0) {
      data.setLastCallStartedTimestamp(Channelz.timestamp(calls.lastStartedMillis()));
    }
    return data.build();
  }

  private static ChannelConnectivityState.State state(ServerState.State state) {
    return switch (state) {
      case IDLE -> ChannelConnectivityState.State.IDLE;
      case CONNECTING -> ChannelConnectivityState.State.CONNECTING;
      case READY -> ChannelConnectivityState.State.READY;
      case TRANSIENT_FAILURE -> ChannelConnectivityState.State.TRANSIENT_FAILURE;
    };
  }

  private static Socket socket(ChannelState.Socket connection) {
    ChannelState.Totals streams = connection.streams();
    SocketData.Builder data = SocketData.newBuilder()
        .setStreamsStarted(streams.started())
        .setStreamsSucceeded(streams.succeeded())
        .setStreamsFailed(streams.failed());
    if (streams.lastStartedMillis() > 0) {
      data.setLastLocalStreamCreatedTimestamp(Channelz.timestamp(streams.lastStartedMillis()));
    }
    Socket.Builder socket = Socket.newBuilder()
        .setRef(ref(connection))
        .setData(data)
        .setLocal(Channelz.address(connection.local()))
        .setRemote(Channelz.address(connection.remote()));
    if (!connection.cipherSuite().isEmpty()) {
      socket.setSecurity(Channelz.tls(connection.cipherSuite()));
    }
    return socket.build();
  }
}
