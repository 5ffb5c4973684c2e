package dev.grpcbackend.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.AnnotationsProto;
import com.google.api.CustomHttpPattern;
import com.google.api.HttpProto;
import com.google.api.HttpRule;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.StatusProto;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.echo.EchoProto;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules of a schema that is loaded at run time, and those that stop a server from starting. */
class RestRoutesTest {

  private static final Json JSON = new Json(new MethodTable());

  private static HttpRule.Builder get(String path) {
    return HttpRule.newBuilder().setGet(path);
  }

  /** Returns methods of echo.v1.Everything with these rules, from a schema as the wire has it. */
  private static List<BoundMethod<?, ?>> methods(HttpRule.Builder... rules) {
    MethodDescriptorProto.Builder[] methods = new MethodDescriptorProto.Builder[rules.length];
    for (int i = 0; i < rules.length; i++) {
      methods[i] = method("M" + i, rules[i]);
    }
    return methods(methods);
  }

  private static MethodDescriptorProto.Builder method(String name, HttpRule.Builder rule) {
    return MethodDescriptorProto.newBuilder()
        .setName(name)
        .setInputType(".echo.v1.Everything")
        .setOutputType(".echo.v1.Everything")
        .setOptions(MethodOptions.newBuilder().setExtension(AnnotationsProto.http, rule.build()));
  }

  private static List<BoundMethod<?, ?>> methods(MethodDescriptorProto.Builder... methods) {
    ServiceDescriptorProto.Builder service = ServiceDescriptorProto.newBuilder().setName("S");
    for (MethodDescriptorProto.Builder method : methods) {
      service.addMethod(method);
    }
    FileDescriptorProto file = FileDescriptorProto.newBuilder()
        .setName("run_time.proto")
        .setSyntax("proto3")
        .addDependency(EchoProto.getDescriptor().getFullName())
        .addDependency(StatusProto.getDescriptor().getFullName())
        .addDependency(AnnotationsProto.getDescriptor().getFullName())
        .addService(service)
        .build();
    try {
      // Parsed without a registry: the rules are unknown fields.
      FileDescriptor loaded = FileDescriptor.buildFrom(
          FileDescriptorProto.parseFrom(file.toByteString()), new FileDescriptor[] {
            EchoProto.getDescriptor(), StatusProto.getDescriptor(), AnnotationsProto.getDescriptor()
          });
      List<BoundMethod<?, ?>> bound = new ArrayList<>();
      loaded.getServices().get(0).getMethods().forEach(method -> bound.add(bind(method)));
      return bound;
    } catch (DescriptorValidationException | InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static BoundMethod<Message, Message> bind(MethodDescriptor method) {
    Message request = DynamicMessage.getDefaultInstance(method.getInputType());
    Message response = DynamicMessage.getDefaultInstance(method.getOutputType());
    return new BoundMethod<>(
        Method.of(method, Marshaller.of(request), Marshaller.of(response)),
        call -> Future.failedFuture("not called"));
  }

  private static void refuses(List<BoundMethod<?, ?>> methods, String message) {
    assertThatThrownBy(() -> new RestRoutes(methods, JSON))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static void refuses(HttpRule.Builder rule, String message) {
    refuses(methods(rule), "google.api.http of S/M0: " + message);
  }

  @Test
  void readsRulesOfASchemaThatDoesNotKnowThem() {
    RestRoutes routes = new RestRoutes(methods(get("/a/{text}"), get("/b").setBody("*")), JSON);
    RequestPath path = RequestPath.parse("/a/Ada");
    assertThat(path).isNotNull();
    RestRoutes.Match match = routes.find("GET", path);
    assertThat(match).isNotNull();
    assertThat(match.binding().method().method().fullName()).isEqualTo("S/M0");
    assertThat(routes.find("PUT", path)).isNull();
    assertThat(routes.verbs(path)).containsExactly("GET", "HEAD");
  }

  @Test
  void namesBothMethodsThatAreBoundToTheSame() {
    refuses(
        methods(get("/a/{text}"), get("/a/{int32_value=*}")),
        "google.api.http: S/M1 and S/M0 are both bound to GET /a/{int32_value=*}");
    refuses(
        methods(get("/a/{text=b/*}:c"), get("/a/b/*:c")), "S/M1 and S/M0 are both bound to GET");
    // Differing by verb, suffix or kind of segment, they are not.
    new RestRoutes(
        methods(
            get("/a/{text}"),
            HttpRule.newBuilder().setPut("/a/{text}"),
            HttpRule.newBuilder()
                .setCustom(CustomHttpPattern.newBuilder().setKind("*").setPath("/a/*")),
            get("/a/{text}:b"),
            get("/a/{text=**}"),
            get("/a/b")),
        JSON);
  }

  @Test
  void refusesStreamsOfRequests() {
    refuses(
        methods(method("Up", get("/a")).setClientStreaming(true)),
        "google.api.http of S/Up: the method takes a stream of requests");
    refuses(
        methods(method("Both", get("/a")).setClientStreaming(true).setServerStreaming(true)),
        "google.api.http of S/Both: the method takes a stream of requests");
  }

  @Test
  void refusesStreamsWhoseMessagesLookLikeAFailure() {
    // google.rpc.Status has no field error, and a message that has one is this.
    DescriptorProtos.DescriptorProto failed = DescriptorProtos.DescriptorProto.newBuilder()
        .setName("Failed")
        .addField(DescriptorProtos.FieldDescriptorProto.newBuilder()
            .setName("error")
            .setNumber(1)
            .setType(DescriptorProtos.FieldDescriptorProto.Type.TYPE_STRING))
        .build();
    FileDescriptorProto file = FileDescriptorProto.newBuilder()
        .setName("failed.proto")
        .addDependency(AnnotationsProto.getDescriptor().getFullName())
        .addMessageType(failed)
        .addService(ServiceDescriptorProto.newBuilder()
            .setName("S")
            .addMethod(method("Watch", get("/a"))
                .setInputType(".Failed")
                .setOutputType(".Failed")
                .setServerStreaming(true)))
        .build();
    try {
      FileDescriptor loaded = FileDescriptor.buildFrom(
          file, new FileDescriptor[] {AnnotationsProto.getDescriptor(), HttpProto.getDescriptor()});
      refuses(
          List.of(bind(loaded.getServices().get(0).getMethods().get(0))),
          "the messages of the stream, Failed, have a field error");
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void refusesRulesThatDoNotFitTheMessages() {
    refuses(HttpRule.newBuilder(), "no pattern (expected: one)");
    refuses(get("a"), "path template: a (expected: / at character 0)");
    refuses(get("/{nme}"), "unknown field \"nme\" of echo.v1.Everything");
    refuses(get("/{inner.nme}"), "unknown field \"nme\" of echo.v1.Inner");
    refuses(get("/{text.a}"), "there is no field within echo.v1.Everything.text");
    refuses(get("/{inner}"), "echo.v1.Everything.inner is a message");
    refuses(get("/{labels}"), "echo.v1.Everything.labels is a map");
    refuses(get("/{texts}"), "variable texts (expected: a single field, once)");
    refuses(get("/{text}/{text}"), "variable text (expected: a single field, once)");
    refuses(get("/").setGet("/{}"), "unknown field \"\" of echo.v1.Everything");
    refuses(get("/a").setBody("nme"), "body: nme (expected: a field of echo.v1.Everything)");
    refuses(get("/a").setBody("inner.label"), "body: inner.label (expected: a field of");
    refuses(get("/a").setResponseBody("nme"), "response_body: nme (expected: a field of");
    refuses(
        get("/a").addAdditionalBindings(get("/b").addAdditionalBindings(get("/c"))),
        "additional_bindings within additional_bindings");
  }

  @Test
  void stopsAServerFromStarting() {
    List<BoundMethod<?, ?>> twice = methods(get("/a"), get("/a"));
    assertThatThrownBy(
            () -> TestServer.start(server -> twice.forEach(server::method)).close())
        .hasMessageContaining("S/M1 and S/M0 are both bound to GET /a");
  }
}
