package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.route.LeastLoaded;
import dev.comptroller.gateway.route.ReplicaView;
import dev.comptroller.protocol.routing.Route.Replica;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// What this gateway has running on each replica.
///
/// Picking and counting are one step, so that requests that arrive together spread.
public final class Loads {
  private record Key(String name, String address) {
    static Key of(Replica replica) {
      return new Key(replica.name(), replica.address());
    }
  }

  /// A request's place on a replica; closing it gives the place back, once.
  public final class Place implements AutoCloseable {
    private final Replica replica;
    private boolean held = true;

    private Place(Replica replica) {
      this.replica = replica;
    }

    /// The replica it is on.
    public Replica replica() {
      return replica;
    }

    @Override
    public void close() {
      synchronized (Loads.this) {
        if (held) {
          held = false;
          running.computeIfPresent(Key.of(replica), (_, n) -> n == 1 ? null : n - 1);
        }
      }
    }
  }

  private final LongSupplier nanos;
  private final long suspicion;
  private final Map<Key, Integer> running = new HashMap<>();
  private final Map<Key, Long> failedAt = new HashMap<>();

  /// No load anywhere.
  ///
  /// @param suspicion how long a replica is a last resort after a connection to it failed
  /// @param nanos a monotonic clock
  public Loads(Duration suspicion, LongSupplier nanos) {
    this.suspicion = suspicion.toNanos();
    this.nanos = nanos;
  }

  /// Takes a place on the least loaded of some replicas, leaving out those that were tried.
  public synchronized Optional<Place> take(List<Replica> replicas, Tried tried) {
    long now = nanos.getAsLong();
    failedAt.values().removeIf(at -> now - at >= suspicion);
    List<ReplicaView> views =
        replicas.stream().filter(replica -> !tried.has(replica)).map(this::view).toList();
    Optional<Replica> best = LeastLoaded.pick(views);
    best.ifPresent(replica -> running.merge(Key.of(replica), 1, Integer::sum));
    return best.map(Place::new);
  }

  /// Notes that a connection to a replica failed.
  public synchronized void failed(Replica replica) {
    failedAt.put(Key.of(replica), nanos.getAsLong());
  }

  /// Requests running on a replica.
  public synchronized int running(Replica replica) {
    return running.getOrDefault(Key.of(replica), 0);
  }

  private ReplicaView view(Replica replica) {
    return new ReplicaView(
        replica, running.getOrDefault(Key.of(replica), 0), failedAt.containsKey(Key.of(replica)));
  }
}
