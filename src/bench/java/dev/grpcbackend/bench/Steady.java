package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.EquivalentAddressGroup;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Calls servers at a steady rate until standard input ends: {@code Steady METHOD RATE CALLS-A-CHANNEL
 * (plain|tls) PORT...}. Calls are those of grpc-java's client with {@code round_robin}, a deadline of
 * {@value #DEADLINE_SECONDS} s and no retry policy; after so many calls a new channel, with new
 * connections, takes the place of the old one, 0 for never. Prints how the calls ended, and how many
 * certificates were seen.
 */
public final class Steady {

  private static final int DEADLINE_SECONDS = 10;
  private static final HelloRequest REQUEST =
      HelloRequest.newBuilder().setName("world").build();

  private final MethodDescriptor<HelloRequest, HelloReply> method;
  private final boolean tls;
  private final Set<BigInteger> certificates = ConcurrentHashMap.newKeySet();
  private final Map<String, AtomicInteger> ends = new ConcurrentSkipListMap<>();
  private final Map<String, String> messages = new ConcurrentHashMap<>();
  private final Phaser open = new Phaser(1);

  private Steady(String methodName, boolean tls) {
    this.method = MethodDescriptor.<HelloRequest, HelloReply>newBuilder()
        .setFullMethodName(methodName)
        .setType(MethodType.UNARY)
        .setRequestMarshaller(ProtoUtils.marshaller(HelloRequest.getDefaultInstance()))
        .setResponseMarshaller(ProtoUtils.marshaller(HelloReply.getDefaultInstance()))
        .build();
    this.tls = tls;
  }

  /** Calls until told to stop. */
  public static void main(String[] args) throws Exception {
    List<EquivalentAddressGroup> servers = new ArrayList<>();
    for (int i = 4; i < args.length; i++) {
      int port = Integer.parseInt(args[i]);
      servers.add(new EquivalentAddressGroup(new InetSocketAddress("127.0.0.1", port)));
    }
    NameResolverRegistry.getDefaultRegistry().register(new Servers(servers));
    Steady load = new Steady(args[0], args[3].equals("tls"));
    Thread calls = new Thread(
        () -> load.run(Integer.parseInt(args[1]), Integer.parseInt(args[2])), "calls");
    calls.start();
    while (System.in.read() != -1) {
      // Whoever started this says when it is enough.
    }
    calls.interrupt();
    calls.join();
    load.print();
    System.exit(0);
  }

  private void run(int rate, int callsOfChannel) {
    ManagedChannel channel = channel();
    long began = System.nanoTime();
    for (long i = 0; !Thread.currentThread().isInterrupted(); i++) {
      if (callsOfChannel > 0 && i > 0 && i % callsOfChannel == 0) {
        channel.shutdown();
        channel = channel();
      }
      long due = began + i * TimeUnit.SECONDS.toNanos(1) / rate;
      while (System.nanoTime() < due && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(100_000);
      }
      call(channel);
    }
    open.arriveAndAwaitAdvance();
  }

  private ManagedChannel channel() {
    ChannelCredentials credentials = tls
        ? TlsChannelCredentials.newBuilder().trustManager(new Anybody()).build()
        : InsecureChannelCredentials.create();
    return NettyChannelBuilder.forTarget(Servers.SCHEME + ":///servers", credentials)
        .overrideAuthority("localhost")
        .defaultLoadBalancingPolicy("round_robin")
        .directExecutor()
        .build();
  }

  private void call(ManagedChannel channel) {
    open.register();
    ClientCall<HelloRequest, HelloReply> call = channel.newCall(
        method, CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            String code = status.getCode().name();
            ends.computeIfAbsent(code, first -> new AtomicInteger()).incrementAndGet();
            if (!status.isOk()) {
              messages.putIfAbsent(code, String.valueOf(status.getDescription()));
            }
            open.arriveAndDeregister();
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(REQUEST);
    call.halfClose();
  }

  private void print() {
    new TreeMap<>(ends).forEach((code, count) -> System.out.println("status " + code + " " + count));
    messages.forEach((code, text) -> System.out.println("message " + code + " " + text));
    System.out.println("certificates " + certificates.size());
  }

  /** Resolves any name to the servers that are under load. */
  private static final class Servers extends NameResolverProvider {

    static final String SCHEME = "fixed";

    private final List<EquivalentAddressGroup> addresses;

    Servers(List<EquivalentAddressGroup> addresses) {
      this.addresses = addresses;
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
      return new NameResolver() {
        @Override
        public String getServiceAuthority() {
          return "localhost";
        }

        @Override
        public void start(Listener2 listener) {
          listener.onResult(ResolutionResult.newBuilder()
              .setAddressesOrError(StatusOr.fromValue(addresses))
              .build());
        }

        @Override
        public void shutdown() {}
      };
    }

    @Override
    public String getDefaultScheme() {
      return SCHEME;
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }
  }

  /** Trusts all, and remembers what it has seen. */
  private final class Anybody extends X509ExtendedTrustManager {

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      certificates.add(chain[0].getSerialNumber());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      certificates.add(chain[0].getSerialNumber());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      certificates.add(chain[0].getSerialNumber());
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
