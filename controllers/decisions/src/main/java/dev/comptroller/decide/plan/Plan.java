package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Replicas by deployment and nodes by place, what they cost, and how good that is.
///
/// Immutable. Made by [FleetPlanner]; what is asked of one deployment is worked out when asked.
public final class Plan {
  final FleetDemand demand;
  final Grid grid;
  final Program[] programs;
  final Column[] columns;
  final Load load;
  final double[] worth;

  /// Lower bounds of reduced costs, by deployment.
  final long[] bounds;

  private final long cost;
  private final long bound;

  Plan(
      FleetDemand demand,
      Grid grid,
      Program[] programs,
      Column[] columns,
      Load load,
      double[] worth,
      long[] bounds) {
    this.demand = demand;
    this.grid = grid;
    this.programs = programs;
    this.columns = columns;
    this.load = load;
    this.worth = worth;
    this.bounds = bounds;
    long beside = 0;
    double least = -Dual.worthOf(grid, worth);
    for (int d = 0; d < columns.length; d++) {
      beside += columns[d].beside;
      least += bounds[d];
    }
    cost = load.nodes() + beside;
    bound = Math.clamp((long) least, 0, cost);
  }

  /// What was asked.
  public FleetDemand demand() {
    return demand;
  }

  /// What there was.
  public FleetSupply supply() {
    return grid.supply;
  }

  /// Dollars an hour that the plan costs more than what is paid anyway: whole further nodes, the
  /// risk of losing replicas, and starts spread over the dwell.
  public HourlyRate cost() {
    return new HourlyRate(cost);
  }

  /// The least that any plan costs that serves every deployment as much and as well, with whole
  /// replicas: the Lagrangian bound.
  public HourlyRate bound() {
    return new HourlyRate(bound);
  }

  /// How much of the cost, in millionths, is not proven necessary.
  public long gapPerMillion() {
    return cost == 0 ? 0 : Math.round((double) (cost - bound) * 1_000_000 / cost);
  }

  /// Nodes wanted by place, those paid for anyway included.
  public SortedMap<Place, Integer> nodes() {
    SortedMap<Place, Integer> nodes = new TreeMap<>();
    for (int place = 0; place < grid.places; place++) {
      long paid = grid.cap[2 * place] / Grid.NODE;
      long further = Math.ceilDiv(load.used[2 * place + 1], Grid.NODE);
      nodes.put(grid.names.get(place), Math.toIntExact(paid + further));
    }
    return nodes;
  }

  /// Dollars an hour of a pool's wanted nodes.
  public HourlyRate hourly(String pool) {
    HourlyRate sum = HourlyRate.ZERO;
    SortedMap<Place, Integer> nodes = nodes();
    for (int place = 0; place < grid.places; place++) {
      Place name = grid.names.get(place);
      if (name.pool().equals(pool)) {
        sum = sum.plus(new HourlyRate(grid.nodePrice[place]).times(nodes.getOrDefault(name, 0)));
      }
    }
    return sum;
  }

  /// What serves each deployment, by namespace and name.
  public List<DeploymentPlan> deployments() {
    return IntStream.range(0, columns.length).mapToObj(this::deployment).toList();
  }

  /// What serves one deployment; absent if it was not asked for.
  public Optional<DeploymentPlan> of(String namespace, String name) {
    int index = index(namespace, name);
    return index < 0 ? Optional.empty() : Optional.of(deployment(index));
  }

  /// Those that get less than they need, or a lower rung than they could have alone.
  public List<DeploymentPlan> shorted() {
    return IntStream.range(0, columns.length)
        .filter(this::isShort)
        .mapToObj(this::deployment)
        .toList();
  }

  /// Why it serves one deployment as it does; absent if it was not asked for.
  public Optional<PlanExplanation> explain(String namespace, String name) {
    int index = index(namespace, name);
    return index < 0 ? Optional.empty() : Optional.of(Explaining.of(this, index));
  }

  boolean isShort(int index) {
    return programs[index].isShort(columns[index]);
  }

  int index(String namespace, String name) {
    int low = 0;
    int high = columns.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      DeploymentDemand each = demand.deployments().get(middle);
      int order = each.namespace().compareTo(namespace);
      order = order == 0 ? each.name().compareTo(name) : order;
      if (order == 0) {
        return middle;
      }
      low = order < 0 ? middle + 1 : low;
      high = order < 0 ? high : middle - 1;
    }
    return -1;
  }

  DeploymentPlan deployment(int index) {
    Column column = columns[index];
    Items items = column.items;
    List<Pick> picks = new ArrayList<>();
    @Nullable BigDecimal quality = null;
    for (int o = 0; o < items.demand.offers().size(); o++) {
      int paid = 0;
      int further = 0;
      for (int i = 0; i < column.item.length; i++) {
        int item = column.item[i];
        if (items.offer[item] == o) {
          paid += items.placeRow[item] % 2 == 0 ? column.count[i] : 0;
          further += items.placeRow[item] % 2 == 1 ? column.count[i] : 0;
        }
      }
      if (paid + further > 0) {
        Offer offer = items.demand.offers().get(o);
        picks.add(new Pick(offer, paid, further));
        quality = quality == null ? offer.quality() : quality.min(offer.quality());
      }
    }
    HourlyRate hourly = new HourlyRate(column.bill);
    return new DeploymentPlan(
        items.demand,
        picks,
        quality,
        new TokensPerSecond(column.rate),
        hourly,
        new HourlyRate(column.cost),
        isShort(index) ? Explaining.shortBy(this, index) : List.of(),
        TargetBinding.judge(this, index));
  }
}
