package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Tries every combination of replicas, counting nodes and dollars from the declared figures.
///
/// Shares nothing with the planner but the units: replicas of an offer on paid and on further
/// nodes, packed largest first, every node whole.
final class ExhaustiveSearch {
  /// The best there is.
  ///
  /// @param missing replicas missing to the fewest
  /// @param kept quality times what is served of the need
  /// @param full whether nothing is missing
  /// @param cost shares of further nodes, risk and starts of the cheapest that keeps so much
  record Best(int missing, BigDecimal kept, boolean full, long cost) {}

  private final DeploymentDemand demand;
  private final PoolSupply pool;
  private final @Nullable HourlyRate allowed;
  private final BigDecimal level;
  private final int[][] counts;
  private int missing = Integer.MAX_VALUE;
  private long served = -1;
  private long cost = Long.MAX_VALUE;

  private ExhaustiveSearch(
      DeploymentDemand demand, PoolSupply pool, @Nullable HourlyRate allowed, BigDecimal level) {
    this.demand = demand;
    this.pool = pool;
    this.allowed = allowed;
    this.level = level;
    counts = new int[demand.offers().size()][2];
  }

  /// The best for one deployment alone in a fleet of one pool.
  static Best of(DeploymentDemand demand, FleetSupply supply, @Nullable HourlyRate allowed) {
    PoolSupply pool = supply.pools().getFirst();
    TreeSet<BigDecimal> levels = new TreeSet<>(Comparator.reverseOrder());
    for (Offer offer : demand.offers()) {
      if (serves(demand, pool, offer)) {
        levels.add(offer.quality());
      }
    }
    Best best = new Best(demand.scaling().minReplicas(), BigDecimal.ZERO, false, 0);
    if (levels.isEmpty()) {
      boolean full = demand.need().thousandths() == 0 && demand.scaling().minReplicas() == 0;
      return new Best(best.missing(), BigDecimal.ZERO, full, 0);
    }
    boolean first = true;
    for (BigDecimal level : levels) {
      ExhaustiveSearch search = new ExhaustiveSearch(demand, pool, allowed, level);
      search.go(0, 0);
      long need = demand.need().thousandths();
      boolean full = search.missing == 0 && search.served == need;
      BigDecimal kept =
          level.multiply(BigDecimal.valueOf(need == 0 ? 1 : search.served)).stripTrailingZeros();
      Best found = new Best(search.missing, kept, full, search.cost);
      boolean better =
          found.missing() < best.missing()
              || (found.missing() == best.missing() && kept.compareTo(best.kept()) > 0);
      if (first || better) {
        best = found;
      }
      first = false;
      if (full) {
        break;
      }
    }
    return best;
  }

  private static boolean serves(DeploymentDemand demand, PoolSupply pool, Offer offer) {
    return demand.admits(offer)
        && offer.safe().thousandths() > 0
        && offer.gpus() <= pool.gpusPerNode()
        && pool.capacity().stream().anyMatch(each -> each.type() == offer.place().type());
  }

  private void go(int index, int replicas) {
    if (index == counts.length) {
      judge(replicas);
      return;
    }
    Offer offer = demand.offers().get(index);
    boolean may = serves(demand, pool, offer) && offer.quality().compareTo(level) >= 0;
    int most = may ? Math.min(offer.most(), demand.scaling().maxReplicas() - replicas) : 0;
    for (int paid = 0; paid <= most; paid++) {
      for (int further = 0; paid + further <= most; further++) {
        counts[index][0] = paid;
        counts[index][1] = further;
        go(index + 1, replicas + paid + further);
      }
    }
    counts[index][0] = 0;
    counts[index][1] = 0;
  }

  private void judge(int replicas) {
    long rate = 0;
    long bill = 0;
    long price = 0;
    Map<String, Integer> gpus = new HashMap<>();
    for (int o = 0; o < counts.length; o++) {
      Offer offer = demand.offers().get(o);
      int all = counts[o][0] + counts[o][1];
      if (all == 0) {
        continue;
      }
      HourlyRate node = capacity(offer).perNode();
      long one = node.share(offer.gpus(), pool.gpusPerNode()).microsPerHour();
      long start = new HourlyRate(one).share(offer.start().toSeconds(), 3600).microsPerHour();
      rate += all * offer.safe().thousandths();
      bill += all * one;
      price += counts[o][1] * (node.microsPerHour() * offer.gpus() / pool.gpusPerNode());
      price += all * offer.risk().microsPerHour() + Math.max(0, all - offer.running()) * start;
      gpus.merge(offer.place().type() + "+", counts[o][0] * offer.gpus(), Integer::sum);
      gpus.merge(offer.place().type() + "-", counts[o][1] * offer.gpus(), Integer::sum);
    }
    if (!fits(gpus) || (allowed != null && bill > allowed.microsPerHour())) {
      return;
    }
    int lacking = Math.max(0, demand.scaling().minReplicas() - replicas);
    long serves = Math.min(demand.need().thousandths(), rate);
    boolean better =
        lacking < missing
            || (lacking == missing && (serves > served || (serves == served && price < cost)));
    if (better) {
      missing = lacking;
      served = serves;
      cost = price;
    }
  }

  private boolean fits(Map<String, Integer> gpus) {
    long dollars = 0;
    for (CapacitySupply each : pool.capacity()) {
      int paid = nodes(gpus.getOrDefault(each.type() + "+", 0));
      int further = nodes(gpus.getOrDefault(each.type() + "-", 0));
      if (paid > each.paid() || further > each.most() - each.paid()) {
        return false;
      }
      dollars += (each.paid() + further) * each.perNode().microsPerHour();
    }
    HourlyRate ceiling = pool.ceiling();
    long paid =
        pool.capacity().stream()
            .mapToLong(each -> each.paid() * each.perNode().microsPerHour())
            .sum();
    return ceiling == null || dollars <= Math.max(paid, ceiling.microsPerHour());
  }

  /// Sizes are powers of two and so is the node: they pack without a gap.
  private int nodes(int gpus) {
    return Math.ceilDiv(gpus, pool.gpusPerNode());
  }

  private CapacitySupply capacity(Offer offer) {
    List<CapacitySupply> all = pool.capacity();
    return all.stream()
        .filter(each -> each.type() == offer.place().type())
        .findFirst()
        .orElseThrow();
  }
}
