package dev.comptroller.decide.metering;

import dev.comptroller.decide.units.Money;
import dev.comptroller.metering.Apportion;
import dev.comptroller.metering.GpuState;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A node's bill, which its GPUs share alike, and what each micro-dollar of it paid for.
///
/// The replicas' intervals come from who bills (the pods' timestamps), their states from the
/// runtimes' own clocks. Where the two differ the bill rules: time before a runtime knew of itself
/// is [GpuState#Start], time after its last word is [GpuState#Drain] if it ended as told and
/// [GpuState#Unobserved] if not, and what it knows beyond the billed interval (pods' timestamps are
/// whole seconds) is cut off, drain first. Time of a GPU in no replica is [GpuState#Unallocated].
///
/// @param from first nanosecond of the node
/// @param to first nanosecond after it
/// @param gpus its GPUs, at least 1
/// @param bill what the node cost
public record NodeBill(long from, long to, int gpus, Money bill) {
  public NodeBill {
    if (from >= to || gpus < 1 || bill.micros() < 0) {
      throw new IllegalArgumentException(
          "a node of %d GPUs from %d to %d ns for %s: need GPUs, time and no negative bill"
              .formatted(gpus, from, to, bill));
    }
  }

  /// A replica on the node, as billed and as it saw itself.
  ///
  /// @param name tells it from others
  /// @param gpus GPUs that it held
  /// @param from first billed nanosecond
  /// @param to first nanosecond after them
  /// @param since from when on its runtime counted
  /// @param at up to when it counted
  /// @param ended whether its runtime ended as told
  /// @param states GPU-nanoseconds by state, summing to (`at` - `since`) * `gpus`
  public record Replica(
      String name,
      int gpus,
      long from,
      long to,
      long since,
      long at,
      boolean ended,
      SortedMap<GpuState, Long> states) {
    public Replica {
      states = Collections.unmodifiableSortedMap(new TreeMap<>(states));
    }
  }

  /// The bill's parts.
  ///
  /// @param byState what each state cost; sums to the bill
  /// @param byReplica the same by replica; what is missing in the sum is unallocated
  /// @param cutNanos GPU-nanoseconds that runtimes saw beyond what was billed
  public record Statement(
      SortedMap<GpuState, Money> byState,
      SortedMap<String, SortedMap<GpuState, Money>> byReplica,
      long cutNanos) {}

  /// Divides the bill; absent if replicas hold more GPUs at an instant than there are, lie outside
  /// the node's time, or do not add up themselves.
  public Optional<Statement> statement(List<Replica> replicas) {
    List<List<Replica>> placed = new ArrayList<>();
    for (int gpu = 0; gpu < gpus; gpu++) {
      placed.add(new ArrayList<>());
    }
    List<Replica> ordered = new ArrayList<>(replicas);
    ordered.sort(Comparator.comparingLong(Replica::from).thenComparing(Replica::name));
    for (Replica replica : ordered) {
      if (!sound(replica) || !place(replica, placed)) {
        return Optional.empty();
      }
    }
    List<Long> shares =
        Apportion.byLargestRemainder(bill.micros(), Collections.nCopies(gpus, BigInteger.ONE));
    SortedMap<GpuState, Money> byState = new TreeMap<>();
    SortedMap<String, SortedMap<GpuState, Money>> byReplica = new TreeMap<>();
    for (int gpu = 0; gpu < gpus; gpu++) {
      divide(shares.get(gpu), placed.get(gpu), byState, byReplica);
    }
    long cut = ordered.stream().mapToLong(NodeBill::cut).sum();
    return Optional.of(new Statement(byState, byReplica, cut));
  }

  private boolean sound(Replica replica) {
    long sum = replica.states().values().stream().mapToLong(Long::longValue).sum();
    return replica.gpus() >= 1
        && replica.from() >= from
        && replica.to() <= to
        && replica.from() < replica.to()
        && replica.since() <= replica.at()
        && sum == Math.multiplyExact(replica.at() - replica.since(), replica.gpus())
        && replica.states().values().stream().allMatch(n -> n >= 0 && n % replica.gpus() == 0);
  }

  private static boolean place(Replica replica, List<List<Replica>> placed) {
    int lacking = replica.gpus();
    for (List<Replica> gpu : placed) {
      if (lacking > 0 && (gpu.isEmpty() || gpu.getLast().to() <= replica.from())) {
        gpu.add(replica);
        lacking--;
      }
    }
    return lacking == 0;
  }

  /* The timeline of one GPU holds time, not replicas, so each stretch of the bill goes to its
   * replica first and to the states within it then. */
  private void divide(
      long micros,
      List<Replica> held,
      SortedMap<GpuState, Money> byState,
      SortedMap<String, SortedMap<GpuState, Money>> byReplica) {
    List<GpuInterval> stretches = new ArrayList<>();
    List<String> owners = new ArrayList<>();
    long covered = from;
    for (Replica replica : held) {
      free(covered, replica.from(), stretches, owners);
      for (GpuInterval interval : intervals(replica)) {
        stretches.add(interval);
        owners.add(replica.name());
      }
      covered = replica.to();
    }
    free(covered, to, stretches, owners);
    if (!new GpuTimeline(from, to, stretches).flaws().isEmpty()) {
      throw new IllegalStateException("stretches of a GPU do not tile its time: " + stretches);
    }
    List<Long> parts =
        Apportion.byLargestRemainder(
            micros, stretches.stream().map(s -> BigInteger.valueOf(s.nanos())).toList());
    for (int i = 0; i < parts.size(); i++) {
      Money part = new Money(parts.get(i));
      GpuState state = stretches.get(i).state();
      byState.merge(state, part, Money::plus);
      if (!state.isPools()) {
        byReplica
            .computeIfAbsent(owners.get(i), _ -> new TreeMap<>())
            .merge(state, part, Money::plus);
      }
    }
  }

  private static void free(long start, long end, List<GpuInterval> stretches, List<String> owners) {
    if (start < end) {
      stretches.add(new GpuInterval(GpuState.Unallocated, start, end));
      owners.add("");
    }
  }

  /* A runtime tells sums; which moment was which does not change what a state cost. Drain and idle
   * come last, so that these are cut where the bill ends earlier. */
  private static List<GpuInterval> intervals(Replica replica) {
    List<GpuInterval> intervals = new ArrayList<>();
    long since = Math.clamp(replica.since(), replica.from(), replica.to());
    add(GpuState.Start, replica.from(), since, intervals);
    long at = since;
    for (GpuState state :
        List.of(
            GpuState.Start,
            GpuState.Load,
            GpuState.Unobserved,
            GpuState.Step,
            GpuState.Idle,
            GpuState.Drain)) {
      long nanos = replica.states().getOrDefault(state, 0L) / replica.gpus();
      long end = nanos > replica.to() - at ? replica.to() : at + nanos;
      add(state, at, end, intervals);
      at = end;
    }
    add(replica.ended() ? GpuState.Drain : GpuState.Unobserved, at, replica.to(), intervals);
    return intervals;
  }

  private static void add(GpuState state, long start, long end, List<GpuInterval> intervals) {
    if (start < end) {
      intervals.add(new GpuInterval(state, start, end));
    }
  }

  private static long cut(Replica replica) {
    long since = Math.clamp(replica.since(), replica.from(), replica.to());
    long counted = replica.at() - replica.since();
    return Math.max(0, counted - (replica.to() - since)) * replica.gpus();
  }
}
