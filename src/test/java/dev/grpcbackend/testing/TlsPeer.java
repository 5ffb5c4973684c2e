package dev.grpcbackend.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A TLS client that trusts everybody, to see what a server shows and takes. */
public final class TlsPeer implements AutoCloseable {

  private final SSLSocket socket;

  private TlsPeer(SSLSocket socket) {
    this.socket = socket;
  }

  /**
   * Connects and shakes hands.
   *
   * @param protocols by ALPN; none for a client that does not know it
   */
  public static TlsPeer connect(int port, String version, String... protocols) throws IOException {
    return connect(new Socket(InetAddress.getLoopbackAddress(), port), version, protocols);
  }

  /** Shakes hands on a socket that is connected. */
  public static TlsPeer connect(Socket socket, String version, String... protocols)
      throws IOException {
    TlsPeer peer = open(socket);
    SSLParameters parameters = peer.socket.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    parameters.setApplicationProtocols(protocols);
    peer.socket.setSSLParameters(parameters);
    peer.socket.startHandshake();
    return peer;
  }

  /** Connects by TLS 1.2 and shakes hands with this suite. */
  public static TlsPeer connectWith(int port, String suite) throws IOException {
    TlsPeer peer = open(new Socket(InetAddress.getLoopbackAddress(), port));
    peer.socket.setEnabledProtocols(new String[] {"TLSv1.2"});
    peer.socket.setEnabledCipherSuites(new String[] {suite});
    peer.socket.startHandshake();
    return peer;
  }

  private static TlsPeer open(Socket socket) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Everybody()}, null);
      return new TlsPeer((SSLSocket)
          context.getSocketFactory().createSocket(socket, "127.0.0.1", socket.getPort(), true));
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Returns the server's own certificate. */
  public X509Certificate certificate() throws IOException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  /** Returns what ALPN has chosen, empty for nothing. */
  public String protocol() {
    return socket.getApplicationProtocol();
  }

  public SSLSocket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static final class Everybody extends X509ExtendedTrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
