package dev.grpcbackend.cli;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.options.Nearest;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.policy.Policy;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code policy explain}: what would become of a call, and which rule decides. */
@Command(
    name = "explain",
    description =
        "Says what becomes of a call, and which rule decides; exit code 1 if it is refused.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PolicyExplain implements Callable<Integer> {

  private static final Peer NOBODY_NEAR = new Peer() {
    @Override
    public SocketAddress remoteAddress() {
      return SocketAddress.inetSocketAddress(0, "127.0.0.1");
    }

    @Override
    public @Nullable SSLSession tlsSession() {
      return null;
    }
  };

  @Mixin
  private PolicySource source = new PolicySource();

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      required = true,
      description = "What is called: helloworld.Greeter/SayHello, or /metrics.")
  private String method = "";

  @Option(names = "--token", paramLabel = "TOKEN", description = "The caller's token.")
  private @Nullable String token;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "NAME: VALUE",
      description = "What else the caller sends, such as 'x-api-key: ...'; repeatable.")
  private List<String> headers = List.of();

  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      List<Method<?, ?>> methods = source.methods(vertx);
      Policy policy = source.policy(vertx, methods);
      if (method.equals("/metrics")) {
        return explain(policy, method, policy::decideMetrics);
      }
      Method<?, ?> called = called(methods);
      return explain(policy, called.fullName(), caller -> policy.decide(called, caller));
    } finally {
      Wait.until(vertx.close());
    }
  }

  private Method<?, ?> called(List<Method<?, ?>> methods) {
    Map<String, Method<?, ?>> byName = new LinkedHashMap<>();
    methods.forEach(known -> byName.put(known.fullName(), known));
    Method<?, ?> found = byName.get(method.replaceFirst("^/", ""));
    if (found == null) {
      String nearest = Nearest.of(method, new TreeSet<>(byName.keySet()));
      throw new OptionsException("--method: " + method + " (expected: a method that is served"
          + (nearest == null ? "" : ", " + nearest) + ")");
    }
    return found;
  }

  private int explain(Policy policy, String called, Function<Principal, Policy.Decision> decides)
      throws Exception {
    PrintWriter out =
        spec == null ? Serve.console(System.out) : spec.commandLine().getOut();
    out.println("method  " + called);
    boolean allowed = false;
    try {
      Principal caller = policy
          .authenticate(sent(), NOBODY_NEAR)
          .toCompletionStage()
          .toCompletableFuture()
          .get();
      Policy.Decision decision = decides.apply(caller);
      allowed = decision.allowed();
      out.println("caller  " + text(caller));
      String refused = caller.isAnonymous() ? "UNAUTHENTICATED" : "PERMISSION_DENIED";
      out.println("answer  " + (allowed ? "allowed" : "refused with " + refused));
      out.println("reason  " + decision.reason());
    } catch (ExecutionException | CompletionException unknown) {
      Throwable cause = unknown.getCause();
      out.println("caller  not known");
      out.println("answer  refused with UNAUTHENTICATED");
      out.println("reason  " + (cause == null ? unknown.getMessage() : cause.getMessage()));
    }
    out.flush();
    policy.close();
    return allowed ? ExitCode.OK : ExitCode.FAILURE;
  }

  private Metadata sent() {
    Metadata all = new Metadata();
    if (token != null) {
      all.add(Metadata.Key.ascii("authorization"), "Bearer " + token);
    }
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new OptionsException("--header: " + header + " (expected: NAME: VALUE)");
      }
      all.add(
          Metadata.Key.ascii(header.substring(0, colon).strip().toLowerCase(Locale.ROOT)),
          header.substring(colon + 1).strip());
    }
    return all;
  }

  private static String text(Principal caller) {
    String roles = String.join(", ", new TreeSet<>(caller.roles()));
    return caller.isAnonymous()
        ? "anonymous"
        : caller.kind() + ":" + caller.name() + (roles.isEmpty() ? "" : ", roles " + roles);
  }
}
