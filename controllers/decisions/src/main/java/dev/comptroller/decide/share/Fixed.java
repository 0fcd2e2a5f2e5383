package dev.comptroller.decide.share;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.plan.CapacitySupply;
import dev.comptroller.decide.plan.DeploymentDemand;
import dev.comptroller.decide.plan.FleetSupply;
import dev.comptroller.decide.plan.Offer;
import dev.comptroller.decide.plan.Place;
import dev.comptroller.decide.plan.PoolSupply;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What there is to share, without what is settled: those who do not share have all their wishes,
/// and nobody takes what is firm.
///
/// Nodes are told to the planner in groups of as many GPUs as the largest replica that may run
/// there takes, so that whatever it plans can be placed.
final class Fixed {
  /// The planner's measure of a replica that a deployment wishes for.
  private static final long REPLICA = 1_000_000;

  private final FleetSeen seen;
  private final List<Wish> asking;
  private final Set<String> sharing = new HashSet<>();
  private final SortedMap<String, Integer> sizes = new TreeMap<>();

  Fixed(FleetSeen seen, List<Wish> asking, List<Wish> sharing) {
    this.seen = seen;
    this.asking = asking;
    for (Wish wish : sharing) {
      this.sharing.add(wish.key());
      for (Way way : wish.ways()) {
        sizes.merge(way.variant().pool(), way.variant().gpus(), Math::max);
      }
    }
  }

  private boolean shares(Wish wish) {
    return sharing.contains(wish.key());
  }

  /// Replicas of a way that are settled: all of one who does not share, of others what is firm.
  private int settled(Wish wish, Way way) {
    int firm = way.equals(wish.first()) ? Math.min(wish.firm(), way.replicas()) : 0;
    return shares(wish) ? firm : way.replicas();
  }

  /// The pools without what is settled.
  FleetSupply supply(Instant now) {
    List<PoolSupply> pools = new ArrayList<>();
    sizes.forEach(
        (name, size) -> {
          Pool pool = seen.pools().get(name);
          if (pool != null) {
            pools.add(supply(pool, size, now));
          }
        });
    return new FleetSupply(pools);
  }

  private PoolSupply supply(Pool pool, int size, Instant now) {
    Bins bins = new Bins(pool, seen.others());
    for (Wish wish : asking) {
      wish.claim(pool.name())
          .ifPresent(way -> bins.place(settled(wish, way), way.variant().gpus()));
    }
    List<CapacitySupply> capacity = new ArrayList<>();
    bins.groups(size)
        .forEach(
            (type, count) -> {
              HourlyRate node = pool.prices().quote(type, now).perNodeHour();
              int paid = type == CapacityType.Reserved ? count : 0;
              capacity.add(
                  new CapacitySupply(
                      type, node.share(size, pool.prices().gpusPerNode()), paid, count));
            });
    return new PoolSupply(pool.name(), size, null, capacity);
  }

  /// What a deployment wishes for beyond what is firm.
  DeploymentDemand demand(Wish wish, List<Way> open) {
    int firm = wish.firm();
    long need = Math.multiplyExact(REPLICA, wish.first().replicas() - firm);
    List<Offer> offers = new ArrayList<>();
    int most = 0;
    for (Way way : open) {
      Pool pool = seen.pools().get(way.variant().pool());
      int replicas = way.replicas() - firm;
      if (pool == null || replicas < 1) {
        continue;
      }
      most = Math.max(most, replicas);
      for (CapacityType type : types(pool)) {
        offers.add(
            new Offer(
                way.variant().name(),
                new Place(pool.name(), type),
                way.variant().quality(),
                way.variant().gpus(),
                new TokensPerSecond(Math.ceilDiv(need, replicas)),
                way.running(),
                wish.start(),
                replicas,
                HourlyRate.ZERO));
      }
    }
    return new DeploymentDemand(
        wish.namespace(),
        wish.name(),
        wish.priority(),
        wish.weight(),
        new TokensPerSecond(need),
        0,
        new Scaling(Math.min(most, Math.max(0, wish.fewest() - firm)), most),
        null,
        null,
        wish.dwell(),
        offers,
        true);
  }

  private static Set<CapacityType> types(Pool pool) {
    Set<CapacityType> types = EnumSet.noneOf(CapacityType.class);
    pool.nodes().forEach(node -> types.add(node.type()));
    types.addAll(pool.further().keySet());
    return types;
  }

  /// What namespaces that share may spend, less what they run beside it.
  Map<String, HourlyRate> allowances(List<DeploymentDemand> demands) {
    Map<String, HourlyRate> allowances = new TreeMap<>();
    for (DeploymentDemand demand : demands) {
      HourlyRate allowed = seen.allowances().get(demand.namespace());
      if (allowed != null) {
        long beside = 0;
        for (Wish wish : asking) {
          if (wish.namespace().equals(demand.namespace())) {
            Way first = wish.first();
            beside += first.perReplica().times(settled(wish, first)).microsPerHour();
          }
        }
        allowances.put(
            demand.namespace(), new HourlyRate(Math.max(0, allowed.microsPerHour() - beside)));
      }
    }
    return allowances;
  }

  /// Whether all of these find GPUs beside what is settled of those who do not share.
  boolean fits(List<Bins.Count> counts) {
    Map<String, List<Bins.Count>> byPool = new TreeMap<>();
    for (Bins.Count count : counts) {
      byPool.computeIfAbsent(count.variant().pool(), _ -> new ArrayList<>()).add(count);
    }
    for (Map.Entry<String, List<Bins.Count>> entry : byPool.entrySet()) {
      Pool pool = seen.pools().get(entry.getKey());
      if (pool == null) {
        continue;
      }
      Bins bins = new Bins(pool, seen.others());
      for (Wish wish : asking) {
        if (!shares(wish)) {
          wish.claim(pool.name())
              .ifPresent(way -> bins.place(way.replicas(), way.variant().gpus()));
        }
      }
      if (!bins.placeAll(entry.getValue())) {
        return false;
      }
    }
    return true;
  }
}
