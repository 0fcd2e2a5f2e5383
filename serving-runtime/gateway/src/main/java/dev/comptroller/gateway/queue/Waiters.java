package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.routing.Route;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Requests whose clients wait for an idle slot, by model, earliest deadline first.
final class Waiters implements Deferral {
  /// How often a wait looks whether its client is still there.
  private static final Duration LOOK = Duration.ofMillis(100);

  private static final Duration RETRY_AFTER = Duration.ofSeconds(30);

  /// One request; confined by the lock of its owner.
  private static final class Waiter {
    private final String payer;
    private final long deadlineMillis;
    private final long sequence;
    private final CountDownLatch over = new CountDownLatch(1);
    private Slots.@Nullable Slot slot;

    Waiter(String payer, long deadlineMillis, long sequence) {
      this.payer = payer;
      this.deadlineMillis = deadlineMillis;
      this.sequence = sequence;
    }
  }

  private static final Comparator<Waiter> ORDER =
      Comparator.<Waiter>comparingLong(waiter -> waiter.deadlineMillis)
          .thenComparingLong(waiter -> waiter.sequence);

  private final Clock clock;
  private final Runnable arrived;
  private final Map<String, TreeSet<Waiter>> byModel = new HashMap<>();
  private long sequence;
  private boolean closed;

  /// Nobody waits.
  ///
  /// @param arrived is told when somebody does
  Waiters(Clock clock, Runnable arrived) {
    this.clock = clock;
    this.arrived = arrived;
  }

  @Override
  public Turn await(Route route, String payer, Duration wait, Cancellation cancellation)
      throws InterruptedException {
    String model = Router.fullName(route);
    Waiter waiter;
    synchronized (this) {
      if (closed) {
        return new Turn.Cancelled();
      }
      waiter = new Waiter(payer, clock.millis() + wait.toMillis(), sequence++);
      byModel.computeIfAbsent(model, _ -> new TreeSet<>(ORDER)).add(waiter);
    }
    arrived.run();
    try {
      while (!waiter.over.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)
          && cancellation.cause() == null
          && clock.millis() < waiter.deadlineMillis) {
        // Still waiting.
      }
    } finally {
      leave(model, waiter);
    }
    Slots.Slot slot = waiter.slot;
    if (slot != null) {
      return new Turn.Granted(slot.legOfReplica(), slot);
    }
    return cancellation.cause() != null || closed()
        ? new Turn.Cancelled()
        : new Turn.TimedOut(
            RETRY_AFTER,
            "no idle slot of deployment %s came free within %d s: try again later, or ask with service_tier auto"
                .formatted(model, wait.toSeconds()));
  }

  /// Models that somebody waits for.
  synchronized Set<String> models() {
    return Set.copyOf(byModel.keySet());
  }

  /// How many requests wait.
  synchronized int waiting() {
    return byModel.values().stream().mapToInt(TreeSet::size).sum();
  }

  /// Deadlines of the earliest requests that may run, ascending.
  synchronized List<Long> deadlines(String model, Set<String> barred, int most) {
    return next(model, barred, most).stream().map(waiter -> waiter.deadlineMillis).toList();
  }

  /// Gives slots to the earliest requests that may run; those that nobody takes are given back.
  synchronized void grant(String model, Set<String> barred, List<Slots.Slot> slots) {
    List<Waiter> next = next(model, barred, slots.size());
    for (int i = 0; i < slots.size(); i++) {
      if (i < next.size()) {
        Waiter waiter = next.get(i);
        waiter.slot = slots.get(i);
        remove(model, waiter);
        waiter.over.countDown();
      } else {
        slots.get(i).close();
      }
    }
  }

  /// Sends everybody away.
  synchronized void close() {
    closed = true;
    byModel.values().forEach(waiters -> waiters.forEach(waiter -> waiter.over.countDown()));
    byModel.clear();
  }

  private synchronized boolean closed() {
    return closed;
  }

  private List<Waiter> next(String model, Set<String> barred, int most) {
    List<Waiter> next = new ArrayList<>();
    for (Waiter waiter : byModel.getOrDefault(model, new TreeSet<>(ORDER))) {
      if (next.size() == most) {
        break;
      }
      if (!barred.contains(waiter.payer)) {
        next.add(waiter);
      }
    }
    return next;
  }

  private synchronized void leave(String model, Waiter waiter) {
    remove(model, waiter);
  }

  private void remove(String model, Waiter waiter) {
    TreeSet<Waiter> waiters = byModel.get(model);
    if (waiters != null && waiters.remove(waiter) && waiters.isEmpty()) {
      byModel.remove(model);
    }
  }
}
