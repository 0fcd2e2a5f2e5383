package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// Made-up fleets, the same for the same seed.
final class Fleets {
  static final List<CapacityType> TYPES =
      List.of(CapacityType.Reserved, CapacityType.OnDemand, CapacityType.Spot);

  private Fleets() {}

  static HourlyRate dollars(double dollars) {
    return new HourlyRate(Math.round(dollars * 1_000_000));
  }

  /// An offer with nothing running, no start and no risk.
  static Offer offer(String variant, Place place, String quality, int gpus, long safe) {
    return new Offer(
        variant,
        place,
        new BigDecimal(quality),
        gpus,
        TokensPerSecond.of(safe),
        0,
        Duration.ZERO,
        1000,
        HourlyRate.ZERO);
  }

  static DeploymentDemand demand(String name, long tokens, Scaling scaling, List<Offer> offers) {
    return new DeploymentDemand(
        "shop",
        name,
        0,
        1,
        TokensPerSecond.of(tokens),
        0,
        scaling,
        null,
        null,
        Duration.ofHours(1),
        offers);
  }

  /// Sizes of a fleet.
  ///
  /// @param deployments how many
  /// @param pools pools
  /// @param variants variants of each
  /// @param namespaces over how many namespaces
  /// @param room percent of what they want that there is of nodes
  record Size(int deployments, int pools, int variants, int namespaces, int room) {}

  /// A whole fleet: a quarter of the nodes reserved, a quarter spot, an eighth of the namespaces
  /// tight.
  static Fleet make(Size size, long seed) {
    Random random = new Random(seed);
    double[] perGpu = new double[size.pools()];
    double[] speed = new double[size.pools()];
    for (int p = 0; p < size.pools(); p++) {
      perGpu[p] = 1 + 5 * random.nextDouble();
      speed[p] = 400 * perGpu[p] * (0.7 + 0.6 * random.nextDouble());
    }
    List<DeploymentDemand> all = new ArrayList<>();
    double[] gpus = new double[size.pools()];
    Map<String, Double> wanted = new TreeMap<>();
    for (int d = 0; d < size.deployments(); d++) {
      String namespace = "team-%03d".formatted(d * size.namespaces() / size.deployments());
      double tokens = Math.exp(random.nextGaussian() * 1.2 + 7.5);
      List<Offer> offers = new ArrayList<>();
      double least = Double.MAX_VALUE;
      for (int v = 0; v < size.variants(); v++) {
        int pool = random.nextInt(size.pools());
        int count = 1 << random.nextInt(4);
        double own = 0.75 + 0.5 * random.nextDouble();
        double safe = speed[pool] * count * own * Math.pow(0.95, Math.log(count));
        String quality = List.of("0.95", "0.95", "0.90", "0.80").get(v % 4);
        gpus[pool] += tokens / safe * count / size.variants();
        least = Math.min(least, Math.ceil(tokens / safe) * perGpu[pool] * count);
        for (CapacityType type : TYPES) {
          offers.add(
              new Offer(
                  "v" + v,
                  new Place("pool-" + pool, type),
                  new BigDecimal(quality),
                  count,
                  TokensPerSecond.of(Math.max(1, Math.round(safe))),
                  random.nextInt(10) == 0 ? random.nextInt(3) : 0,
                  Duration.ofSeconds(60 + random.nextInt(240)),
                  1000,
                  type == CapacityType.Spot ? dollars(perGpu[pool] * count * 0.05) : dollars(0)));
        }
      }
      wanted.merge(namespace, least, Double::sum);
      all.add(
          new DeploymentDemand(
              namespace,
              "model-%05d".formatted(d),
              random.nextInt(3) * 100,
              1 + random.nextInt(3),
              TokensPerSecond.of(Math.max(1, Math.round(tokens))),
              10,
              new Scaling(random.nextInt(2), 64),
              random.nextBoolean() ? new BigDecimal("0.85") : null,
              null,
              Duration.ofMinutes(30),
              offers));
    }
    List<PoolSupply> pools = new ArrayList<>();
    for (int p = 0; p < size.pools(); p++) {
      int nodes = Math.max(2, (int) Math.ceil(gpus[p] / 8 * size.room() / 100));
      double node = perGpu[p] * 8;
      pools.add(
          new PoolSupply(
              "pool-" + p,
              8,
              p % 3 == 0 ? dollars(node * nodes * 0.8) : null,
              List.of(
                  new CapacitySupply(
                      CapacityType.Reserved, dollars(node * 0.6), nodes / 4, nodes / 4),
                  new CapacitySupply(CapacityType.OnDemand, dollars(node), 0, nodes),
                  new CapacitySupply(CapacityType.Spot, dollars(node * 0.4), 0, nodes / 4))));
    }
    Map<String, HourlyRate> allowances = new TreeMap<>();
    int index = 0;
    for (Map.Entry<String, Double> each : wanted.entrySet()) {
      double part = index++ % 8 == 0 ? 0.9 : 3;
      allowances.put(each.getKey(), dollars(each.getValue() * part));
    }
    return new Fleet(FleetDemand.of(all, allowances), new FleetSupply(pools));
  }

  /// A fleet.
  record Fleet(FleetDemand demand, FleetSupply supply) {}
}
