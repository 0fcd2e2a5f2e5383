package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus.Bill;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus.Share;
import dev.comptroller.decide.cost.PoolBill;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A pool's bill in its status. Pure.
///
/// Dollars grow all the time; they are written when what was written last no longer tells them. In
/// between they are what was written, and the rates for as long as it is ago.
final class BillReport {
  private BillReport() {}

  /// What the status of a pool shows of its money.
  ///
  /// @param allocated dollars an hour that replicas hold
  /// @param unallocated dollars an hour that no replica holds
  /// @param bill dollars of the month
  record Shown(@Nullable String allocated, @Nullable String unallocated, @Nullable Bill bill) {}

  /// What to show at `now`, when `previous` is shown; nothing if `bill` is not known.
  static Shown next(GpuNodePoolStatus previous, @Nullable PoolBill bill, Instant now) {
    if (bill == null) {
      return new Shown(null, null, null);
    }
    Shown before =
        new Shown(
            previous.allocatedHourlyCost(), previous.unallocatedHourlyCost(), previous.bill());
    Shown next =
        new Shown(
            bill.hourly().allocated().toString(),
            bill.hourly().unallocated().toString(),
            of(bill, now));
    return foretold(before, next) ? before : next;
  }

  private static Bill of(PoolBill bill, Instant now) {
    PoolBill.Split spent = bill.spent();
    TreeSet<String> names = new TreeSet<>(spent.namespaces().keySet());
    names.addAll(bill.hourly().namespaces().keySet());
    List<Share> shares =
        names.stream()
            .sorted(
                Comparator.comparing(
                        (String name) -> spent.namespaces().getOrDefault(name, Money.ZERO))
                    .reversed()
                    .thenComparing(Comparator.naturalOrder()))
            .limit(Bill.SHARES)
            .map(
                name ->
                    new Share(
                        name,
                        spent.namespaces().getOrDefault(name, Money.ZERO).toString(),
                        bill.hourly().namespaces().getOrDefault(name, Money.ZERO).toString()))
            .toList();
    return new Bill(
        PoolAccounts.month(now).start().toString(),
        now.toString(),
        spent.nodes().toString(),
        spent.allocated().toString(),
        spent.unallocated().toString(),
        some(spent.excess()),
        some(bill.unobserved()),
        shares);
  }

  private static @Nullable String some(Money money) {
    return money.equals(Money.ZERO) ? null : money.toString();
  }

  /// Whether `next` is what `before` comes to by its own rates.
  private static boolean foretold(Shown before, Shown next) {
    Bill old = before.bill();
    Bill bill = next.bill();
    if (old == null
        || bill == null
        || !old.start().equals(bill.start())
        || !Objects.equals(old.unobserved(), bill.unobserved())
        || !Objects.equals(before.allocated(), next.allocated())
        || !Objects.equals(before.unallocated(), next.unallocated())) {
      return false;
    }
    Duration since = Duration.between(Instant.parse(old.asOf()), Instant.parse(bill.asOf()));
    return follows(old.allocated(), before.allocated(), bill.allocated(), since)
        && follows(old.unallocated(), before.unallocated(), bill.unallocated(), since)
        && follows(old.namespaces(), bill.namespaces(), since);
  }

  private static boolean follows(List<Share> before, List<Share> next, Duration since) {
    Map<String, Share> known = new HashMap<>();
    before.forEach(share -> known.put(share.namespace(), share));
    return before.size() == next.size()
        && next.stream()
            .allMatch(
                share -> {
                  Share old = known.get(share.namespace());
                  return old != null
                      && old.hourlyCost().equals(share.hourlyCost())
                      && follows(old.spent(), old.hourlyCost(), share.spent(), since);
                });
  }

  /* A rate is rounded to a micro-dollar an hour, an amount to a micro-dollar, and parts of a sum by
   * largest remainder: that much may differ. */
  private static boolean follows(
      String before, @Nullable String rate, String next, Duration since) {
    if (rate == null || since.isNegative()) {
      return false;
    }
    Money expected = Money.parse(before).plus(HourlyRate.parse(rate).over(since));
    return Math.abs(Money.parse(next).minus(expected).micros()) <= 3 + since.toHours();
  }
}
