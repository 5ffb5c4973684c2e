package dev.grpcbackend.service;

import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is healthy, by name: the full names of services, and the empty name for the server as a whole.
 *
 * <p>Thread-safe by its own monitor, because the instances of a server and the application share
 * it. Listeners are called on the thread of the change, outside the monitor.
 */
public final class Health {

  /** The name of the server as a whole. */
  public static final String SERVER = "";

  private final Map<String, ServingStatus> statuses = new HashMap<>();
  private final Map<String, Set<Consumer<ServingStatus>>> listeners = new HashMap<>();
  private boolean draining;

  /** Creates a registry in which the server as a whole is SERVING. */
  public Health() {
    statuses.put(SERVER, ServingStatus.SERVING);
  }

  /**
   * Adds names that are not known yet, as SERVING, or NOT_SERVING once a drain has begun. Known names
   * keep their status: each instance of a server may say what it serves, whatever was set before.
   */
  public void register(Collection<String> names) {
    for (String name : names) {
      ServingStatus status;
      List<Consumer<ServingStatus>> told;
      synchronized (this) {
        status = draining ? ServingStatus.NOT_SERVING : ServingStatus.SERVING;
        told = statuses.putIfAbsent(name, status) == null ? listenersOf(name) : List.of();
      }
      told.forEach(listener -> listener.accept(status));
    }
  }

  /**
   * Sets the status of one name, new or known; without effect once a drain has begun.
   *
   * @throws IllegalArgumentException for SERVICE_UNKNOWN and UNRECOGNIZED, which nobody can be
   */
  public void set(String name, ServingStatus status) {
    if (status == ServingStatus.SERVICE_UNKNOWN || status == ServingStatus.UNRECOGNIZED) {
      throw new IllegalArgumentException(
          "status: " + status + " (expected: SERVING, NOT_SERVING or UNKNOWN)");
    }
    List<Consumer<ServingStatus>> told;
    synchronized (this) {
      if (draining || status == statuses.put(name, status)) {
        return;
      }
      told = listenersOf(name);
    }
    told.forEach(listener -> listener.accept(status));
  }

  /** Returns the status of a name, or null for one that is not known. */
  public synchronized @Nullable ServingStatus get(String name) {
    return statuses.get(name);
  }

  /** Returns every name with its status, sorted. */
  public synchronized Map<String, ServingStatus> all() {
    return new TreeMap<>(statuses);
  }

  /** Turns every name NOT_SERVING, for good. */
  public void drain() {
    List<Consumer<ServingStatus>> told = new ArrayList<>();
    synchronized (this) {
      if (draining) {
        return;
      }
      draining = true;
      statuses.forEach((name, status) -> {
        if (status != ServingStatus.NOT_SERVING) {
          told.addAll(listenersOf(name));
        }
      });
      statuses.replaceAll((name, status) -> ServingStatus.NOT_SERVING);
    }
    told.forEach(listener -> listener.accept(ServingStatus.NOT_SERVING));
  }

  /** Calls {@code listener} at every change of {@code name} from now on. */
  synchronized void listen(String name, Consumer<ServingStatus> listener) {
    listeners.computeIfAbsent(name, key -> new LinkedHashSet<>()).add(listener);
  }

  /** Ends what {@link #listen} began. */
  synchronized void forget(String name, Consumer<ServingStatus> listener) {
    Set<Consumer<ServingStatus>> others = listeners.get(name);
    if (others != null && others.remove(listener) && others.isEmpty()) {
      listeners.remove(name);
    }
  }

  /** Returns how many listeners there are, of all names. */
  synchronized int listenerCount() {
    return listeners.values().stream().mapToInt(Set::size).sum();
  }

  private List<Consumer<ServingStatus>> listenersOf(String name) {
    return List.copyOf(listeners.getOrDefault(name, Set.of()));
  }
}
