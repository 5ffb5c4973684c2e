package dev.grpcbackend.call;

import java.util.List;

/**
 * A service made of single methods, for those that need no generated stub. A class with a public
 * no-argument constructor that implements this can be named in a server's {@code services} option.
 */
@FunctionalInterface
public interface BindableService {

  /** Returns the methods of the service; called once, when the server is built. */
  List<BoundMethod<?, ?>> methods();
}
