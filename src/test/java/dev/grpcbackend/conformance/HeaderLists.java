package dev.grpcbackend.conformance;

import dev.grpcbackend.conformance.proto.Header;
import dev.grpcbackend.rpc.Metadata;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metadata as the suite writes it: each name once, values of {@code -bin} names in base64. */
final class HeaderLists {

  private HeaderLists() {}

  static void addTo(Metadata metadata, List<Header> headers) {
    headers.forEach(
        header -> header.getValueList().forEach(value -> metadata.add(header.getName(), value)));
  }

  static List<Header> of(Metadata metadata) {
    Map<String, Header.Builder> headers = new LinkedHashMap<>();
    metadata.forEach((name, value) -> headers
        .computeIfAbsent(name, first -> Header.newBuilder().setName(name))
        .addValue(
            value instanceof byte[] bytes
                ? Base64.getEncoder().withoutPadding().encodeToString(bytes)
                : (String) value));
    return headers.values().stream().map(Header.Builder::build).toList();
  }
}
