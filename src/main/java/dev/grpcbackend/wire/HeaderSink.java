package dev.grpcbackend.wire;

/** Takes header fields one by one; {@code MultiMap::add} is one. */
@FunctionalInterface
public interface HeaderSink {

  void add(CharSequence name, CharSequence value);
}
