package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.queue.order.IdleSlots;
import dev.comptroller.gateway.relay.Loads;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// Which slots of which replicas queued work holds.
///
/// An item that a replica died of is a suspect, and a replica runs one suspect at a time: so a
/// crash is blamed on the one suspect that was there, or on all if there was none. An item that
/// breaks its engine is found within a few runs, and what ran beside it is not taken for it.
final class Slots {
  /// A place of queued work on a replica; closing it gives the place back, once.
  final class Slot implements AutoCloseable {
    private final Leg leg;
    private final Replica replica;
    private final boolean suspect;
    private boolean held = true;

    private Slot(Leg leg, Replica replica, boolean suspect) {
      this.leg = leg;
      this.replica = replica;
      this.suspect = suspect;
    }

    Leg leg() {
      return leg;
    }

    Replica replica() {
      return replica;
    }

    /// The leg with this replica alone.
    Leg legOfReplica() {
      return leg.with(List.of(replica));
    }

    /// Whether the crash that this run just saw is to be blamed on it.
    boolean blamed() {
      synchronized (Slots.this) {
        Use use = use(replica);
        long now = nanos.getAsLong();
        if (suspect) {
          use.suspectDied = true;
          use.suspectDiedAt = now;
          return true;
        }
        return use.suspects == 0
            && !(use.suspectDied && now - use.suspectDiedAt < Weather.SAME_CRASH.toNanos());
      }
    }

    /// Gives the place back.
    @Override
    public void close() {
      synchronized (Slots.this) {
        if (held) {
          held = false;
          Use use = use(replica);
          use.running--;
          use.suspects -= suspect ? 1 : 0;
          if (use.running == 0 && !use.suspectDied) {
            byAddress.remove(replica.address());
          }
        }
      }
    }
  }

  /// What queued work does on one replica.
  private static final class Use {
    private int running;
    private int suspects;
    private boolean suspectDied;
    private long suspectDiedAt;
  }

  /// Room on one replica.
  ///
  /// @param free slots
  /// @param suspect whether a suspect runs there
  record Room(Leg leg, Replica replica, int free, boolean suspect) {}

  private final Loads loads;
  private final LongSupplier nanos;
  private final Map<String, Use> byAddress = new HashMap<>();

  /// No slot is held.
  Slots(Loads loads, LongSupplier nanos) {
    this.loads = loads;
    this.nanos = nanos;
  }

  /// Slots that queued work may use on a route's replicas, those that it holds included.
  synchronized int idle(Route route) {
    int idle = 0;
    for (Leg leg : route.legs()) {
      if (leg.weight() > 0) {
        for (Replica replica : leg.replicas()) {
          idle += idle(replica);
        }
      }
    }
    return idle;
  }

  /// The free slots of a route's replicas.
  synchronized List<Room> rooms(Route route) {
    List<Room> rooms = new ArrayList<>();
    for (Leg leg : route.legs()) {
      if (leg.weight() > 0) {
        for (Replica replica : leg.replicas()) {
          Use use = use(replica);
          rooms.add(
              new Room(leg, replica, Math.max(0, idle(replica) - use.running), use.suspects > 0));
        }
      }
    }
    return rooms;
  }

  /// Takes a slot.
  synchronized Slot take(Leg leg, Replica replica, boolean suspect) {
    Use use = use(replica);
    use.running++;
    use.suspects += suspect ? 1 : 0;
    return new Slot(leg, replica, suspect);
  }

  /// Slots that queued work holds now.
  synchronized int running() {
    return byAddress.values().stream().mapToInt(use -> use.running).sum();
  }

  private int idle(Replica replica) {
    int interactive = loads.running(replica) - use(replica).running;
    return IdleSlots.of(replica.maxSequences(), interactive);
  }

  private Use use(Replica replica) {
    return byAddress.computeIfAbsent(replica.address(), _ -> new Use());
  }
}
