package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.defer.Deferral;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.routing.Account;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Requests whose clients wait for an idle slot, by model, earliest deadline first.
///
/// They are not kept on disk: their clients wait, and notice when the gateway dies.
final class Waiters implements Deferral {
  /// How often a wait looks whether its client is still there.
  private static final Duration LOOK = Duration.ofMillis(100);

  private static final long RETRY_AFTER_SECONDS = 30;

  /// One request; confined by the lock of its owner.
  private static final class Waiter {
    private final String payer;
    private final long deadlineMillis;
    private final long sequence;
    private final long tokens;
    private final CountDownLatch over = new CountDownLatch(1);
    private Slots.@Nullable Slot slot;

    Waiter(String payer, long deadlineMillis, long sequence, long tokens) {
      this.payer = payer;
      this.deadlineMillis = deadlineMillis;
      this.sequence = sequence;
      this.tokens = tokens;
    }
  }

  private static final Comparator<Waiter> ORDER =
      Comparator.<Waiter>comparingLong(waiter -> waiter.deadlineMillis)
          .thenComparingLong(waiter -> waiter.sequence);

  private final Clock clock;
  private final Duration wait;
  private final Function<String, String> why;
  private final Runnable arrived;
  private final Map<String, TreeSet<Waiter>> byModel = new HashMap<>();
  private long sequence;
  private boolean closed;

  /// Nobody waits.
  ///
  /// @param wait the longest that a request may wait
  /// @param why a namespace's requests are asked to wait; empty if they are not
  /// @param arrived is told when somebody does
  Waiters(Clock clock, Duration wait, Function<String, String> why, Runnable arrived) {
    this.clock = clock;
    this.wait = wait;
    this.why = why;
    this.arrived = arrived;
  }

  /// Why heat asks the requests of a namespace to wait.
  static String why(Router router, String namespace) {
    return router
        .account(namespace)
        .map(Account::traffic)
        .filter(Account.Traffic::queueBatch)
        .map(Account.Traffic::why)
        .orElse("");
  }

  @Override
  public Waited await(Waiting request) throws InterruptedException {
    String model = Router.fullName(request.route());
    String payer = Terms.payer(Owner.of(request.caller()), request.route());
    long start = clock.millis();
    Duration most = request.most();
    Duration patience = most == null || most.compareTo(wait) > 0 ? wait : most;
    Waiter waiter;
    synchronized (this) {
      if (closed) {
        return leaving();
      }
      waiter =
          new Waiter(payer, start + patience.toMillis(), sequence++, request.estimatedTokens());
      byModel.computeIfAbsent(model, _ -> new TreeSet<>(ORDER)).add(waiter);
    }
    arrived.run();
    try {
      while (!waiter.over.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)
          && !request.gone().getAsBoolean()
          && clock.millis() < waiter.deadlineMillis) {
        // Still waiting.
      }
    } catch (InterruptedException e) {
      Slots.Slot slot = leave(model, waiter);
      if (slot != null) {
        slot.close();
      }
      throw e;
    }
    Slots.Slot slot = leave(model, waiter);
    if (slot != null) {
      return new Waited.Turn(turn(request, slot, payer, clock.millis() - start));
    }
    return closed()
        ? leaving()
        : new Waited.TooLate(
            "no idle slot of deployment %s came free within %d s, nothing is billed: try again later, or ask with service_tier default"
                .formatted(model, patience.toSeconds()),
            RETRY_AFTER_SECONDS);
  }

  private static Waited leaving() {
    return new Waited.TooLate("this gateway is shutting down, nothing is billed", 1);
  }

  private Slot turn(Waiting request, Slots.Slot slot, String payer, long waitedMillis) {
    String cause = request.tier() == TrafficClass.INTERACTIVE ? why.apply(payer) : "";
    String said =
        "waited %d.%d s in the queue at %d %% of the price"
            .formatted(
                waitedMillis / 1_000,
                waitedMillis % 1_000 / 100,
                request.route().batch().tariffPercent());
    return new Slot() {
      @Override
      public int tariffPercent() {
        return request.route().batch().tariffPercent();
      }

      @Override
      public String why() {
        return cause.isEmpty() ? said : said + ": " + cause;
      }

      @Override
      public void close() {
        slot.close();
        arrived.run();
      }
    };
  }

  /// How many requests wait for a model whose payers are not barred.
  synchronized int waiting(String model, Set<String> barred) {
    return next(model, barred, Integer.MAX_VALUE).size();
  }

  /// Models that somebody waits for.
  synchronized Set<String> models() {
    return Set.copyOf(byModel.keySet());
  }

  /// One request that waits.
  record Left(String model, long deadlineMillis, long tokens) {}

  /// All that wait and whose payers are not barred.
  synchronized List<Left> left(Set<String> barred) {
    List<Left> left = new ArrayList<>();
    byModel.forEach(
        (model, waiting) ->
            waiting.stream()
                .filter(waiter -> !barred.contains(waiter.payer))
                .map(waiter -> new Left(model, waiter.deadlineMillis, waiter.tokens))
                .forEach(left::add));
    return left;
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

  /// Ends a wait; the slot that it was given, if it was.
  private synchronized Slots.@Nullable Slot leave(String model, Waiter waiter) {
    remove(model, waiter);
    return waiter.slot;
  }

  private void remove(String model, Waiter waiter) {
    TreeSet<Waiter> waiters = byModel.get(model);
    if (waiters != null && waiters.remove(waiter) && waiters.isEmpty()) {
      byModel.remove(model);
    }
  }
}
