package dev.grpcbackend.protocol;

import dev.grpcbackend.call.BoundMethod;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All bindings of a server, found by path and verb in one walk down a tree of segments. A literal
 * beats a variable, one segment beats many, and a {@code :verb} beats a colon within a value.
 */
final class RestRoutes {

  private final Node root = new Node();

  /**
   * Collects the bindings of methods.
   *
   * @throws IllegalArgumentException if a rule cannot be served, or two are for the same requests
   */
  RestRoutes(Collection<BoundMethod<?, ?>> methods, Json json) {
    for (BoundMethod<?, ?> method : methods) {
      RestBinding.of(method, json).forEach(this::add);
    }
  }

  /**
   * What was found for a request.
   *
   * @param path the path as the binding matches it
   */
  record Match(RestBinding<?, ?> binding, RequestPath path) {}

  /** Returns the binding for a request, null if there is none. */
  @Nullable
  Match find(String verb, RequestPath path) {
    RequestPath shortened = path.withoutVerb();
    RestBinding<?, ?> binding =
        shortened == null ? null : root.find(shortened.segments(), 0, shortened.verb(), verb);
    if (shortened != null && binding != null) {
      return new Match(binding, shortened);
    }
    binding = root.find(path.segments(), 0, "", verb);
    return binding == null ? null : new Match(binding, path);
  }

  /** Returns the verbs that a path has routes for, sorted; {@code HEAD} where there is {@code GET}. */
  Set<String> verbs(RequestPath path) {
    Set<String> verbs = new TreeSet<>();
    RequestPath shortened = path.withoutVerb();
    if (shortened != null) {
      root.verbs(shortened.segments(), 0, shortened.verb(), verbs);
    }
    root.verbs(path.segments(), 0, "", verbs);
    if (verbs.contains("GET")) {
      verbs.add("HEAD");
    }
    return verbs;
  }

  private void add(RestBinding<?, ?> binding) {
    Node node = root;
    for (PathTemplate.Segment segment : binding.template().segments()) {
      node = node.child(segment);
    }
    RestBinding<?, ?> taken = node.bindings
        .computeIfAbsent(binding.template().verb(), first -> new HashMap<>())
        .putIfAbsent(binding.verb(), binding);
    if (taken != null) {
      throw new IllegalArgumentException(
          "google.api.http: " + binding.method().method().fullName() + " and "
              + taken.method().method().fullName() + " are both bound to " + binding.verb() + " "
              + binding.template().text());
    }
  }

  /** What may follow after some segments. */
  private static final class Node {

    private final Map<String, Node> literals = new HashMap<>();
    private @Nullable Node one;
    private @Nullable Node rest;

    /** By the verb of the template, then that of HTTP. */
    private final Map<String, Map<String, RestBinding<?, ?>>> bindings = new HashMap<>();

    Node child(PathTemplate.Segment segment) {
      switch (segment.kind()) {
        case LITERAL -> {
          return literals.computeIfAbsent(segment.literal(), first -> new Node());
        }
        case ONE -> {
          one = one == null ? new Node() : one;
          return one;
        }
        case REST -> {
          rest = rest == null ? new Node() : rest;
          return rest;
        }
      }
      throw new AssertionError(segment);
    }

    /** Visits a node at most once: a path has one segment for each level of the tree. */
    @Nullable
    RestBinding<?, ?> find(List<String> segments, int depth, String suffix, String verb) {
      RestBinding<?, ?> found = null;
      if (depth == segments.size()) {
        found = binding(suffix, verb);
      } else {
        Node literal = literals.get(segments.get(depth));
        if (literal != null) {
          found = literal.find(segments, depth + 1, suffix, verb);
        }
        if (found == null && one != null) {
          found = one.find(segments, depth + 1, suffix, verb);
        }
      }
      return found == null && rest != null ? rest.binding(suffix, verb) : found;
    }

    void verbs(List<String> segments, int depth, String suffix, Set<String> into) {
      if (depth == segments.size()) {
        into.addAll(bindings.getOrDefault(suffix, Map.of()).keySet());
      } else {
        Node literal = literals.get(segments.get(depth));
        if (literal != null) {
          literal.verbs(segments, depth + 1, suffix, into);
        }
        if (one != null) {
          one.verbs(segments, depth + 1, suffix, into);
        }
      }
      if (rest != null) {
        into.addAll(rest.bindings.getOrDefault(suffix, Map.of()).keySet());
      }
    }

    private @Nullable RestBinding<?, ?> binding(String suffix, String verb) {
      Map<String, RestBinding<?, ?>> byVerb = bindings.get(suffix);
      if (byVerb == null) {
        return null;
      }
      RestBinding<?, ?> binding = byVerb.get(verb);
      return binding != null ? binding : byVerb.get(RestBinding.ANY_VERB);
    }
  }
}
