package dev.grpcbackend.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.grpcbackend.proto.channelz.v1.Address;
import dev.grpcbackend.proto.channelz.v1.Security;
import dev.grpcbackend.proto.channelz.v1.Server;
import dev.grpcbackend.proto.channelz.v1.Socket;
import io.netty.util.NetUtil;
import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.shareddata.Shareable;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

/**
 * What a {@link ChannelzService} tells about: the instances of servers in a Vert.x, each with its
 * number. Thread-safe: they have event loops of their own.
 */
public final class Channelz implements Shareable {

  private final NavigableMap<Long, Instance> servers = new ConcurrentSkipListMap<>();

  /** One instance of a server; asked by any thread, answers from its own event loop. */
  public interface Instance {

    Future<Server> server();

    /** Returns where it listens, and its connections, in the order of their numbers. */
    Future<List<Socket>> sockets();

    /** Returns how many of the sockets are those where it listens; they come first. */
    int listening();
  }

  /** Returns an address as channelz has it. */
  public static Address address(SocketAddress address) {
    if (address.isDomainSocket()) {
      return Address.newBuilder()
          .setUdsAddress(Address.UdsAddress.newBuilder().setFilename(address.path()))
          .build();
    }
    Address.TcpIpAddress.Builder tcp = Address.TcpIpAddress.newBuilder().setPort(address.port());
    String text = address.hostAddress();
    byte[] ip = text == null ? null : NetUtil.createByteArrayFromIpAddressString(text);
    if (ip != null) {
      tcp.setIpAddress(ByteString.copyFrom(ip));
    }
    return Address.newBuilder().setTcpipAddress(tcp).build();
  }

  /** Returns a time since 1970 as channelz has it. */
  public static Timestamp timestamp(long millis) {
    return Timestamp.newBuilder()
        .setSeconds(millis / 1_000)
        .setNanos((int) TimeUnit.MILLISECONDS.toNanos(millis % 1_000))
        .build();
  }

  /** Returns how a connection is protected that has TLS. */
  public static Security tls(String cipherSuite) {
    return Security.newBuilder()
        .setTls(Security.Tls.newBuilder().setStandardName(cipherSuite))
        .build();
  }

  /** Adds one, by its number. */
  public void add(long number, Instance server) {
    servers.put(number, server);
  }

  /** Takes one away that has ended. */
  public void remove(long number) {
    servers.remove(number);
  }

  NavigableMap<Long, Instance> servers() {
    return servers;
  }
}
