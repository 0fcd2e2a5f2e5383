package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Says whether a target CPM is met, and else which constraint binds: the first of headroom, fewest
/// replicas, capacity and quality floor without which alone it would be met; else the demand, if an
/// offer is cheap enough at full use; else the price.
final class TargetBinding {
  private TargetBinding() {}

  static @Nullable TargetVerdict judge(Plan plan, int index) {
    DeploymentDemand demand = plan.programs[index].items.demand;
    Cpm target = demand.targetCpm();
    if (target == null) {
      return null;
    }
    HourlyRate bill = new HourlyRate(plan.columns[index].bill);
    HourlyRate allowed = demand.targetHourly().orElseThrow();
    Optional<Cpm> cpm = Cpm.of(bill, demand.demand());
    String figures =
        "CPM %s at $%s/h and %s tokens/s, target $%s allows $%s/h"
            .formatted(
                cpm.map(each -> "$" + each.print(2)).orElse("unknown"),
                bill.print(2),
                demand.demand(),
                target.print(2),
                allowed.print(2));
    if (bill.compareTo(allowed) <= 0) {
      return new TargetVerdict.Met(cpm.orElse(new Cpm(0)), figures);
    }
    if (plan.programs[index].meetable) {
      String room = String.join("; ", Explaining.shortBy(plan, index));
      return new TargetVerdict.Missed(
          TargetVerdict.Binding.Room, "%s: bound by %s".formatted(figures, room));
    }
    return missed(demand, plan.supply(), allowed, figures);
  }

  private static TargetVerdict missed(
      DeploymentDemand demand, FleetSupply supply, HourlyRate allowed, String figures) {
    Scaling scaling = demand.scaling();
    DeploymentDemand exact = relaxed(demand, 0, scaling, demand.qualityFloor());
    Optional<HourlyRate> bill = least(exact, supply);
    if (bill.isPresent() && bill.get().compareTo(allowed) <= 0) {
      return missed(
          TargetVerdict.Binding.SloHeadroom,
          figures,
          "%d %% headroom; without it $%s/h".formatted(demand.headroom(), bill.get().print(2)));
    }
    Scaling none = new Scaling(0, scaling.maxReplicas());
    bill = least(relaxed(demand, demand.headroom(), none, demand.qualityFloor()), supply);
    if (scaling.minReplicas() > 0 && bill.isPresent() && bill.get().compareTo(allowed) <= 0) {
      return missed(
          TargetVerdict.Binding.MinReplicas,
          figures,
          "scaling.minReplicas %d; without it $%s/h"
              .formatted(scaling.minReplicas(), bill.get().print(2)));
    }
    DeploymentDemand free = unlimited(demand);
    FleetSupply ample = ample(supply);
    bill = least(free, ample);
    if (bill.isPresent() && bill.get().compareTo(allowed) <= 0) {
      return missed(
          TargetVerdict.Binding.Capacity,
          figures,
          "the number of nodes and replicas; without limits $%s/h".formatted(bill.get().print(2)));
    }
    bill = least(relaxed(demand, demand.headroom(), scaling, null), supply);
    if (bill.isPresent() && bill.get().compareTo(allowed) <= 0) {
      return missed(
          TargetVerdict.Binding.QualityFloor,
          figures,
          "quality floor %s; below it $%s/h".formatted(demand.qualityFloor(), bill.get().print(2)));
    }
    return byDemandOrPrice(demand, supply, figures);
  }

  private static TargetVerdict byDemandOrPrice(
      DeploymentDemand demand, FleetSupply supply, String figures) {
    Grid grid = new Grid(supply, FleetDemand.of(List.of(demand), Map.of()));
    Cpm target = java.util.Objects.requireNonNull(demand.targetCpm());
    @Nullable Offer best = null;
    @Nullable Cpm cheapest = null;
    HourlyRate hourly = HourlyRate.ZERO;
    for (Offer offer : demand.offers()) {
      if (!Items.serves(demand, grid, offer)) {
        continue;
      }
      int place = grid.place(offer.place());
      HourlyRate each =
          new HourlyRate(grid.nodePrice[place]).share(offer.gpus(), grid.perNode[place]);
      Optional<Cpm> full = Cpm.of(each, demandOf(offer, demand.headroom()));
      if (full.isPresent() && (cheapest == null || full.get().compareTo(cheapest) < 0)) {
        best = offer;
        cheapest = full.get();
        hourly = each;
      }
    }
    if (best == null || cheapest == null) {
      return missed(TargetVerdict.Binding.Capacity, figures, "no offer can serve");
    }
    String one =
        "one replica of %s costs $%s/h, CPM $%s at full use (%s tokens/s)"
            .formatted(
                best.label(),
                hourly.print(2),
                cheapest.print(2),
                demandOf(best, demand.headroom()));
    if (cheapest.compareTo(target) > 0) {
      return missed(TargetVerdict.Binding.Price, figures, one);
    }
    String now = Cpm.of(hourly, demand.demand()).map(each -> "$" + each.print(2)).orElse("unknown");
    return missed(
        TargetVerdict.Binding.Demand, figures, "%s and %s at this demand".formatted(one, now));
  }

  /// The demand that fills one replica.
  private static TokensPerSecond demandOf(Offer offer, int headroom) {
    return new TokensPerSecond(offer.safe().thousandths() * 100 / (100 + headroom));
  }

  private static TargetVerdict missed(
      TargetVerdict.Binding binding, String figures, String because) {
    return new TargetVerdict.Missed(binding, "%s: bound by %s".formatted(figures, because));
  }

  /// The least bill that serves everything, at any quality that may.
  private static Optional<HourlyRate> least(DeploymentDemand demand, FleetSupply supply) {
    Grid grid = new Grid(supply, FleetDemand.of(List.of(demand), Map.of()));
    Items items = new Items(demand, grid);
    if (items.levels.isEmpty()) {
      return Optional.empty();
    }
    Cover cover = new Cover();
    cover.solve(
        items,
        items.levels.size() - 1,
        items.bill,
        items.need,
        Program.fewest(items),
        Program.most(items),
        Program.caps(items, grid),
        Program.STEPS);
    return cover.missing == 0 && cover.shortage == 0
        ? Optional.of(new HourlyRate(cover.total))
        : Optional.empty();
  }

  private static DeploymentDemand relaxed(
      DeploymentDemand demand, int headroom, Scaling scaling, @Nullable BigDecimal floor) {
    return new DeploymentDemand(
        demand.namespace(),
        demand.name(),
        demand.priority(),
        demand.weight(),
        demand.demand(),
        headroom,
        scaling,
        floor,
        demand.targetCpm(),
        demand.dwell(),
        demand.offers(),
        demand.oneVariant());
  }

  private static DeploymentDemand unlimited(DeploymentDemand demand) {
    List<Offer> offers =
        demand.offers().stream()
            .map(
                offer ->
                    new Offer(
                        offer.variant(),
                        offer.place(),
                        offer.quality(),
                        offer.gpus(),
                        offer.safe(),
                        offer.running(),
                        offer.start(),
                        1_000_000,
                        offer.risk()))
            .toList();
    return new DeploymentDemand(
        demand.namespace(),
        demand.name(),
        demand.priority(),
        demand.weight(),
        demand.demand(),
        demand.headroom(),
        new Scaling(demand.scaling().minReplicas(), 1_000_000),
        demand.qualityFloor(),
        demand.targetCpm(),
        demand.dwell(),
        offers,
        demand.oneVariant());
  }

  private static FleetSupply ample(FleetSupply supply) {
    return new FleetSupply(
        supply.pools().stream()
            .map(
                pool ->
                    new PoolSupply(
                        pool.pool(),
                        pool.gpusPerNode(),
                        null,
                        pool.capacity().stream()
                            .map(
                                each ->
                                    new CapacitySupply(
                                        each.type(), each.perNode(), each.paid(), 1_000_000))
                            .toList()))
            .toList());
  }
}
