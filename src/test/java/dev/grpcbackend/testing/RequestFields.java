package dev.grpcbackend.testing;

import java.util.ArrayList;
import java.util.List;

/** The header block of a request, right or wrong. Every change returns a copy. */
public final class RequestFields {

  private final List<Field> fields;

  private RequestFields(List<Field> fields) {
    this.fields = List.copyOf(fields);
  }

  /** Returns what a gRPC client sends for a method such as {@code /helloworld.Greeter/SayHello}. */
  public static RequestFields grpc(String path) {
    return new RequestFields(List.of(
        new Field(":method", "POST"),
        new Field(":scheme", "http"),
        new Field(":path", path),
        new Field(":authority", "localhost"),
        new Field("te", "trailers"),
        new Field("content-type", "application/grpc")));
  }

  /** Returns what a web client sends that posts to a path. */
  public static RequestFields post(String path, String contentType) {
    return new RequestFields(List.of(
        new Field(":method", "POST"),
        new Field(":scheme", "http"),
        new Field(":path", path),
        new Field(":authority", "localhost"),
        new Field("content-type", contentType)));
  }

  /** Returns what a web client sends that gets a path. */
  public static RequestFields get(String path) {
    return post(path, "").with(":method", "GET").without("content-type");
  }

  /** Gives a field this value, in its place or at the end. */
  public RequestFields with(String name, String value) {
    List<Field> changed = new ArrayList<>(fields);
    for (int i = 0; i < changed.size(); i++) {
      if (changed.get(i).name().equals(name)) {
        changed.set(i, new Field(name, value));
        return new RequestFields(changed);
      }
    }
    return and(name, value);
  }

  /** Adds a field at the end, whether there is one of this name or not. */
  public RequestFields and(String name, String value) {
    List<Field> changed = new ArrayList<>(fields);
    changed.add(new Field(name, value));
    return new RequestFields(changed);
  }

  /** Adds a field before all others, as pseudo-headers must be. */
  public RequestFields first(String name, String value) {
    List<Field> changed = new ArrayList<>(fields);
    changed.add(0, new Field(name, value));
    return new RequestFields(changed);
  }

  /** Leaves a field out. */
  public RequestFields without(String name) {
    return new RequestFields(fields.stream().filter(f -> !f.name().equals(name)).toList());
  }

  /** Returns the value of a field, empty if there is none. */
  public String value(String name) {
    return fields.stream()
        .filter(f -> f.name().equals(name))
        .map(Field::value)
        .findFirst()
        .orElse("");
  }

  List<Field> list() {
    return fields;
  }
}
