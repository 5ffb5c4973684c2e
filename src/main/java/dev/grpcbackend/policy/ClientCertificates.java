package dev.grpcbackend.policy;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.Future;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Knows callers by the certificate of their TLS connection, which that has checked against {@code
 * tls.trustFile}. Their name is the certificate's first alternative name that is a URI, DNS name or
 * address of e-mail (RFC 5280, section 4.2.1.6), or else the common name of its subject.
 */
final class ClientCertificates implements Authenticator {

  private static final Set<Integer> EMAIL_DNS_URI = Set.of(1, 2, 6);

  @Override
  public Future<Principal> authenticate(Metadata headers, Peer peer) {
    SSLSession session = peer.tlsSession();
    if (session == null) {
      return NO_CREDENTIALS;
    }
    X509Certificate certificate;
    try {
      certificate = (X509Certificate) session.getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException none) {
      return NO_CREDENTIALS;
    }
    String name = name(certificate);
    return name == null
        ? Future.failedFuture("certificate without a name")
        : Future.succeededFuture(new Principal(name, "certificate", Set.of()));
  }

  private static @Nullable String name(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names != null) {
        for (List<?> name : names) {
          if (name.get(0) instanceof Integer type && EMAIL_DNS_URI.contains(type)) {
            return String.valueOf(name.get(1));
          }
        }
      }
      for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (part.getType().equalsIgnoreCase("CN")) {
          return String.valueOf(part.getValue());
        }
      }
      return null;
    } catch (CertificateParsingException | InvalidNameException malformed) {
      return null;
    }
  }
}
