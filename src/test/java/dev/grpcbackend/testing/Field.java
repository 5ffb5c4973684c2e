package dev.grpcbackend.testing;

/** One header field as it is on the wire; the name in any case, the value any bytes of ISO 8859-1. */
public record Field(String name, String value) {}
