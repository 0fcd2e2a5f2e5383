package dev.comptroller.decide.cost;

import dev.comptroller.decide.units.Money;
import dev.comptroller.metering.Apportion;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the nodes of a pool cost, and who held their GPUs: namespaces by their replicas, and the
/// pool itself what no replica held.
///
/// @param spent dollars of the period so far
/// @param hourly dollars for one hour of what is there now
/// @param unobserved what `spent` is too much by at most, because nodes left while nobody looked
/// @param assumed true if part of it is an upper bound, because a price was not known
public record PoolBill(Split spent, Split hourly, Money unobserved, boolean assumed) {
  /// A sum and its parts: `nodes` + `excess` = all `namespaces` + `unallocated`, exactly.
  ///
  /// @param nodes what the nodes cost
  /// @param namespaces what each namespace's replicas held of it, those that held something
  /// @param unallocated what no replica held
  /// @param excess what replicas are charged beyond all nodes; none unless a node was lost
  public record Split(
      Money nodes, SortedMap<String, Money> namespaces, Money unallocated, Money excess) {
    public Split {
      namespaces = Collections.unmodifiableSortedMap(new TreeMap<>(namespaces));
    }

    /// What replicas held.
    public Money allocated() {
      return namespaces.values().stream().reduce(Money.ZERO, Money::plus);
    }
  }

  /// The time that a namespace's replicas held GPUs, of all pools.
  ///
  /// @param record closed intervals
  /// @param live intervals that are not in the record
  public record Held(SpendRecord record, List<ReplicaInterval> live) {
    public Held {
      live = List.copyOf(live);
    }
  }

  /// The bill of `pool` for `[start, end)`, boundaries on UTC quarter hours, as seen at `now`.
  ///
  /// Parts are rounded by largest remainder: a namespace's may differ by a micro-dollar from what
  /// it spent by its own account, which is rounded for itself.
  public static PoolBill of(
      String pool,
      Instant start,
      Instant end,
      NodeRecord nodes,
      Map<String, Held> namespaces,
      PriceBooks books,
      Instant now) {
    List<ReplicaInterval> there = nodes.live(pool);
    Bill whole = nodes.closed().bill(start, end, there, books, now, pool::equals);
    Bill hour = Metering.hour(there, books, now);
    SortedMap<String, Bill> spent = new TreeMap<>();
    SortedMap<String, Bill> hourly = new TreeMap<>();
    namespaces.forEach(
        (name, held) -> {
          spent.put(name, held.record().bill(start, end, held.live(), books, now, pool::equals));
          hourly.put(name, Metering.hour(here(held, pool), books, now));
        });
    Spend unobserved = nodes.unobserved().spentBetween(start, end, List.of(), books, now);
    boolean assumed = whole.isAssumed() || spent.values().stream().anyMatch(Bill::isAssumed);
    return new PoolBill(split(whole, spent), split(hour, hourly), unobserved.money(), assumed);
  }

  private static List<ReplicaInterval> here(Held held, String pool) {
    return held.live().stream()
        .filter(interval -> interval.pool().equals(pool))
        .filter(interval -> !held.record().isRecorded(interval.uid()))
        .toList();
  }

  private static Split split(Bill whole, SortedMap<String, Bill> parts) {
    List<Bill> all = new ArrayList<>(parts.values());
    all.add(whole);
    BigInteger denominator = Bill.denominator(all);
    BigInteger nodes = whole.over(denominator);
    List<String> names = new ArrayList<>();
    List<BigInteger> weights = new ArrayList<>();
    BigInteger held = BigInteger.ZERO;
    for (Map.Entry<String, Bill> part : parts.entrySet()) {
      BigInteger weight = part.getValue().over(denominator);
      if (weight.signum() > 0) {
        names.add(part.getKey());
        weights.add(weight);
        held = held.add(weight);
      }
    }
    weights.add(nodes.subtract(held).max(BigInteger.ZERO));
    Money sum = Bill.rounded(nodes.max(held), denominator);
    List<Long> shares = Apportion.byLargestRemainder(sum.micros(), weights);
    SortedMap<String, Money> namespaces = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      namespaces.put(names.get(i), new Money(shares.get(i)));
    }
    Money bill = Bill.rounded(nodes, denominator);
    return new Split(bill, namespaces, new Money(shares.getLast()), sum.minus(bill));
  }
}
