package dev.grpcbackend.server;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.policy.AccessControl;
import dev.grpcbackend.policy.Authenticator;
import dev.grpcbackend.policy.Limits;
import dev.grpcbackend.policy.Policy;
import dev.grpcbackend.policy.PolicyFile;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a running server the policy of a file that has changed. Calls in progress go on; a file that
 * cannot be used changes nothing, and the log says why, once.
 */
final class PolicyReload {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyReload.class);

  private final Vertx vertx;
  private final PolicyFile file;
  private final Authenticator first;
  private final Limits limits;
  private final AccessControl access;
  private final FileLook look;
  private List<? extends Method<?, ?>> methods = List.of();
  private Runnable onFailure = () -> {};

  /** Another one than that in force, as the look before found it. */
  private @Nullable Policy seen;

  private PolicyReload(
      Vertx vertx, PolicyFile file, Authenticator first, Limits limits, AccessControl access) {
    this.vertx = vertx;
    this.file = file;
    this.first = first;
    this.limits = limits;
    this.access = access;
    this.look = new FileLook(vertx, this::look, LOG, "the policy in force stays");
  }

  /**
   * Reads the file, if there is one; without it, whom {@code first} knows may call everything. Null if
   * there is neither.
   *
   * @param first asked who calls before what the file says; it may find nobody
   * @param limits what other instances of the server count together with this
   */
  static Future<@Nullable PolicyReload> open(
      Vertx vertx, PolicyFile file, Authenticator first, Limits limits) {
    if (file.isEnabled()) {
      return vertx
          .executeBlocking(() -> Policy.read(vertx, file.file(), first, limits))
          .map(policy -> new PolicyReload(vertx, file, first, limits, new AccessControl(policy)));
    }
    return Future.succeededFuture(
        first == Authenticator.NOBODY
            ? null
            : new PolicyReload(vertx, file, first, limits, new AccessControl(Policy.of(first))));
  }

  AccessControl access() {
    return access;
  }

  /** Sets what is done when the file cannot be used. */
  void onFailure(Runnable onFailure) {
    this.onFailure = onFailure;
  }

  /**
   * Checks the policy against the methods of the server, and looks for changes from now on.
   *
   * @throws OptionsException if a rule is for none of them
   */
  void start(MethodTable table) {
    methods = table.methods().stream().map(BoundMethod::method).toList();
    access.policy().check(methods);
    if (file.isEnabled()) {
      look.start(file.reloadInterval());
    }
  }

  /** Looks no more; completes when a look that has begun is over. */
  Future<Void> stop() {
    return look.stop().onComplete(stopped -> access.policy().close());
  }

  private Future<Void> look() {
    return vertx
        .executeBlocking(() -> {
          Policy now = Policy.read(vertx, file.file(), first, limits);
          if (now.isSameAs(access.policy())) {
            now.close();
            return access.policy();
          }
          try {
            now.check(methods);
            return now;
          } catch (OptionsException unknown) {
            now.close();
            throw unknown;
          }
        })
        .onFailure(failure -> onFailure.run())
        .map(this::take);
  }

  /** Takes a policy at the second look: the first may have found a file that is half written. */
  private @Nullable Void take(Policy now) {
    if (now == access.policy()) {
      seen = null;
    } else if (seen != null && now.isSameAs(seen)) {
      seen = null;
      access.policy(now);
      LOG.info("policy.file: {} has changed; in force for new calls", file.file());
    } else {
      seen = now;
    }
    return null;
  }
}
