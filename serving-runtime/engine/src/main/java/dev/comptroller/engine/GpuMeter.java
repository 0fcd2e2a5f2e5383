package dev.comptroller.engine;

import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.metering.GpuState;
import dev.comptroller.metering.StepWork;
import dev.comptroller.metering.WorkCost;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Where the time of a replica's GPUs goes, to the nanosecond: each is in one state, and each
/// nanosecond of a step is some request's.
///
/// What holds whenever it is read: the states sum to (now - start) * GPUs plus what was carried
/// over; what requests were given sums to the steps that have ended.
///
/// Safe from any thread. A step begins and ends on the loop's thread; everything is guarded by one
/// lock that is held for microseconds.
public final class GpuMeter {
  /// What a request used so far.
  ///
  /// @param label what others call the request; may be empty
  public record Use(String label, int promptTokens, int completionTokens, long gpuNanos) {}

  /// The meter at an instant.
  ///
  /// @param atNanos the instant, on the meter's clock
  /// @param states GPU-nanoseconds by state, what was carried over included
  /// @param attributed GPU-nanoseconds of steps that were given to requests, ended ones included
  /// @param requests those that have not ended
  public record Reading(
      long atNanos, SortedMap<GpuState, Long> states, long attributed, List<Use> requests) {
    public Reading {
      states = Collections.unmodifiableSortedMap(new TreeMap<>(states));
      requests = List.copyOf(requests);
    }
  }

  private final int gpus;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<GpuState, Long> states = new EnumMap<>(GpuState.class);
  private final Map<Long, Account> accounts = new LinkedHashMap<>();
  private @Nullable WorkCost cost;
  private GpuState state = GpuState.Start;
  private GpuState resting = GpuState.Idle;
  private long mark;
  private long openStep;
  private long attributed;

  /// A meter whose replica starts.
  ///
  /// @param gpus GPUs of the replica, at least 1
  /// @param startNanos when the replica started, on the clock
  /// @param carriedOver GPU-nanoseconds by state from before that
  /// @param carriedAttributed those of `carriedOver` that requests were given
  public GpuMeter(
      int gpus,
      LongSupplier nanoClock,
      long startNanos,
      Map<GpuState, Long> carriedOver,
      long carriedAttributed) {
    if (gpus < 1) {
      throw new IllegalArgumentException("gpus is " + gpus + "; set it to 1 or more");
    }
    this.gpus = gpus;
    this.nanoClock = nanoClock;
    this.mark = startNanos;
    this.states.putAll(carriedOver);
    this.attributed = carriedAttributed;
  }

  /// A meter of one GPU that starts now.
  public static GpuMeter starting(LongSupplier nanoClock) {
    return new GpuMeter(1, nanoClock, nanoClock.getAsLong(), Map.of(), 0);
  }

  /// GPUs of the replica.
  public int gpus() {
    return gpus;
  }

  /// The weights are being loaded from now on.
  public void load() {
    locked(() -> enter(GpuState.Load, nanoClock.getAsLong()));
  }

  /// It is ready from now on.
  ///
  /// @param work how a step is divided
  public void serve(WorkCost work) {
    locked(
        () -> {
          cost = work;
          enter(resting, nanoClock.getAsLong());
        });
  }

  /// Nothing new is taken from now on: what is no step is drain.
  public void drain() {
    locked(
        () -> {
          resting = GpuState.Drain;
          if (state != GpuState.Step) {
            enter(resting, nanoClock.getAsLong());
          }
        });
  }

  /// The meter now.
  public Reading read() {
    lock.lock();
    try {
      long now = nanoClock.getAsLong();
      enter(state, now);
      List<Use> uses = new ArrayList<>();
      accounts.values().forEach(account -> uses.add(account.use()));
      return new Reading(mark, new TreeMap<>(states), attributed, uses);
    } finally {
      lock.unlock();
    }
  }

  /// A request may use steps from now on.
  void open(long id, String label, int promptTokens) {
    locked(() -> accounts.put(id, new Account(label, promptTokens)));
  }

  /// A step begins.
  void beginStep(long nowNanos) {
    locked(() -> enter(GpuState.Step, nowNanos));
  }

  /// The step ends: its time is divided over its sequences, all of which are open.
  void endStep(StepPlan plan, long nowNanos) {
    locked(
        () -> {
          enter(resting, nowNanos);
          divide(plan);
        });
  }

  /// A request has ended.
  ///
  /// @return the GPU-nanoseconds that it used
  long settle(long id) {
    lock.lock();
    try {
      Account account = accounts.remove(id);
      return account == null ? 0 : account.gpuNanos;
    } finally {
      lock.unlock();
    }
  }

  private void divide(StepPlan plan) {
    if (plan.idle()) {
      return; // its time goes to the next step's sequences
    }
    if (cost == null) {
      throw new IllegalStateException("A step before it serves");
    }
    List<StepWork> works = new ArrayList<>(plan.slices().size());
    for (Slice slice : plan.slices()) {
      Account account = account(slice.sequence());
      works.add(
          StepWork.ofTokens(slice.sequence(), account.promptTokens, slice.from(), slice.count()));
      account.completionTokens += slice.samples() ? 1 : 0;
    }
    for (WorkCost.Part part : cost.split(openStep, works)) {
      account(part.sequence()).gpuNanos += part.nanos();
    }
    attributed += openStep;
    openStep = 0;
  }

  private Account account(long id) {
    @Nullable Account account = accounts.get(id);
    if (account == null) {
      throw new IllegalStateException("Sequence " + id + " computes but has no account");
    }
    return account;
  }

  /* A clock that was read before the lock was taken may be behind the mark by a moment. */
  private void enter(GpuState next, long nowNanos) {
    long passed = Math.multiplyExact(Math.max(0, nowNanos - mark), gpus);
    states.merge(state, passed, Math::addExact);
    if (state == GpuState.Step) {
      openStep += passed;
    }
    mark += passed / gpus;
    state = next;
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  private static final class Account {
    final String label;
    final int promptTokens;
    int completionTokens;
    long gpuNanos;

    Account(String label, int promptTokens) {
      this.label = label;
      this.promptTokens = promptTokens;
    }

    Use use() {
      return new Use(label, promptTokens, completionTokens, gpuNanos);
    }
  }
}
