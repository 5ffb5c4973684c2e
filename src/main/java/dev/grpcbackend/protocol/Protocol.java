package dev.grpcbackend.protocol;

import dev.grpcbackend.transport.Exchange;
import java.util.Set;

/** One way to carry calls over HTTP. */
public interface Protocol {

  /** Returns the name in options and in the start-up line, {@code grpc}. */
  String name();

  /** Returns the request media types by which it is recognized: lower case, without parameters. */
  Set<String> mediaTypes();

  /** Takes over an exchange whose content type is one of {@link #mediaTypes()}. */
  void accept(Exchange exchange);
}
