package dev.grpcbackend.protocol;

import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Method;
import org.jspecify.annotations.Nullable;

/** The JSON form of the served methods, with a type registry of all their files. */
final class Json {

  private final MethodTable methods;
  private @Nullable TypeRegistry types;

  Json(MethodTable methods) {
    this.methods = methods;
  }

  /** Returns the method with messages in JSON, for one call; null if its messages have none. */
  <Req, Resp> @Nullable Method<Req, Resp> method(Method<Req, Resp> method) {
    if (!(method.request().emptyMessage() instanceof Message)) {
      return null;
    }
    return new Method<>(
        method.service(),
        method.name(),
        method.type(),
        new JsonMarshaller<>(method.request(), types()),
        new JsonMarshaller<>(method.response(), types()),
        method.longLived(),
        method.descriptor());
  }

  private TypeRegistry types() {
    if (types == null) {
      TypeRegistry.Builder known = TypeRegistry.newBuilder();
      methods.files().forEach(file -> known.add(file.getMessageTypes()));
      types = known.build();
    }
    return types;
  }
}
