package dev.grpcbackend.protocol;

import dev.grpcbackend.transport.Exchange;
import java.util.Locale;
import java.util.Set;

/** One way to carry calls over HTTP. */
public interface Protocol {

  /** Returns the name in options and in the start-up line, {@code grpc}. */
  String name();

  /** Stands for every media type that no protocol names, and for none. */
  String ANY = "*/*";

  /**
   * Returns the request media types by which it is recognized: lower case, without parameters, or
   * {@link #ANY}.
   */
  Set<String> mediaTypes();

  /**
   * Takes over an exchange whose content type is one of {@link #mediaTypes()}. Returns false, and
   * leaves the exchange untouched, if it is none of this protocol's: the next one is asked.
   */
  boolean accept(Exchange exchange);

  /** Returns the media type that a content type names: in lower case, without parameters. */
  static String mediaType(String contentType) {
    int parameters = contentType.indexOf(';');
    String bare = parameters < 0 ? contentType : contentType.substring(0, parameters);
    return bare.strip().toLowerCase(Locale.ROOT);
  }
}
