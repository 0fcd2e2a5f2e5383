package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.BudgetParser;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.status.Parsed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiFunction;

/// A cluster in which everything happens that moves money, and what the operator says it cost
/// beside what it cost.
///
/// Pods come, run, restart, fail, are deleted before and while they run; nodes vanish; namespaces
/// are deleted; prices are edited; all at random instants of one seed.
final class Exactness {
  static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final Defaults DEFAULTS = new Defaults();
  private static final Declared MONTH = declared("Month", "UTC");
  static final Declared DAY = declared("Day", "Asia/Kolkata");
  private static final List<String> TEAMS = List.of("blue", "green", "red");
  private static final List<String> TYPES = List.of("on-demand", "reserved", "spot");

  private final Random random;
  private final long seed;
  private final Rig rig;
  private final Map<String, Map<String, Long>> prices = new TreeMap<>();
  private final TreeMap<Integer, String> nodes = new TreeMap<>();
  private final Duration pause;
  private int count;
  private int edits;
  private int endings;
  private long checks;
  private Instant edited = START;

  /// A cluster of `seed` in which something happens every `pause` on average.
  Exactness(
      long seed,
      Duration pause,
      OperatorProcess.Temper temper,
      BiFunction<Integer, Request, Fate> fates) {
    this.seed = seed;
    this.pause = pause;
    random = new Random(seed);
    rig = new Rig(START, temper, fates);
    for (String pool : List.of("amber", "basalt")) {
      TYPES.forEach(type -> price(pool, type));
      declare(pool);
    }
    for (int i = 0; i < 5; i++) {
      addNode();
    }
    TEAMS.forEach(this::found);
    rig.start();
    rig.fleet.after(Duration.ofSeconds(7), this::happen);
  }

  /// What came of a run.
  record Outcome(
      int pods,
      long lost,
      long unseen,
      int edits,
      int endings,
      int starts,
      int writes,
      long checks) {}

  /// Kills the operator `times` times in `time`, each for up to 40 minutes, at random instants.
  void kill(int times, Duration time) {
    for (int i = 0; i < times; i++) {
      Duration at = Duration.ofSeconds(random.nextLong(time.toSeconds()));
      Duration down = Duration.ofSeconds(random.nextBoolean() ? 0 : random.nextInt(2400));
      rig.fleet.after(at, rig::kill);
      if (i % 10 == 0) {
        rig.fleet.after(at.plus(down.dividedBy(2)), this::lose);
      }
      rig.fleet.after(at.plus(down), rig::start);
    }
  }

  /// Lets `time` pass; compares every `every`.
  Outcome run(Duration time, Duration every) {
    Instant end = START.plus(time);
    while (rig.clock.instant().isBefore(end)) {
      rig.run(every);
      compare();
    }
    rig.start();
    rig.settle();
    compare();
    return new Outcome(
        rig.bill.size(),
        rig.bill.lost(),
        rig.bill.unseen(),
        edits,
        endings,
        rig.starts(),
        rig.writes.size(),
        checks);
  }

  private void compare() {
    if (rig.operator().isEmpty()) {
      return;
    }
    rig.settle();
    OperatorProcess operator = rig.operator().orElseThrow();
    Instant now = rig.clock.instant();
    for (String team : TEAMS) {
      for (Declared declared : List.of(MONTH, DAY)) {
        BudgetState state = operator.treasury().state(team, declared, now);
        long expected =
            rig.bill.spent(
                team, state.window().start(), state.window().end(), operator.since(), now);
        checks++;
        if (state.spent().micros() != expected) {
          throw new AssertionError(
              "seed %d, %s, write %d: %s spent %d micro-dollars since %s, the operator says %d"
                  .formatted(
                      seed,
                      now,
                      rig.writes.size(),
                      team,
                      expected,
                      state.window().start(),
                      state.spent().micros()));
        }
      }
    }
  }

  private static Declared declared(String period, String zone) {
    ObjectNode budget =
        (ObjectNode)
            FakeApi.read(
                """
                kind: InferenceBudget
                spec: {amount: "100000", period: %s, timeZone: %s}
                """
                    .formatted(period, zone));
    DEFAULTS.fill(budget);
    InferenceBudgetSpec spec =
        FakeApi.JSON.convertValue(budget.get("spec"), InferenceBudgetSpec.class);
    return switch (BudgetParser.parse(spec)) {
      case Parsed.Valid<Declared>(Declared declared) -> declared;
      case Parsed.Invalid<Declared> bad -> throw new IllegalStateException(bad.toString());
    };
  }

  private void happen() {
    int dice = random.nextInt(100);
    if (dice < 45) {
      addPod();
    } else if (dice < 70) {
      pick().ifPresent(key -> rig.fleet.delete(Kind.POD, key.namespace(), key.name()));
    } else if (dice < 78) {
      pick().ifPresent(rig.fleet::restart);
    } else if (dice < 86) {
      pick().ifPresent(rig.fleet::fail);
    } else if (dice < 91) {
      lose();
    } else if (dice < 96) {
      edit();
    } else if (dice < 98) {
      end(TEAMS.get(random.nextInt(TEAMS.size())));
    } else {
      rig.fleet.stop = Duration.ofSeconds(random.nextInt(1, 100));
      rig.fleet.start = Duration.ofSeconds(random.nextInt(5, 200));
    }
    rig.fleet.after(Duration.ofSeconds(1 + random.nextLong(2 * pause.toSeconds())), this::happen);
  }

  private Optional<FakeApi.Key> pick() {
    List<FakeApi.Key> pods =
        rig.api.keys().stream().filter(key -> key.kind().equals(Kind.POD)).toList();
    return pods.isEmpty() ? Optional.empty() : Optional.of(pods.get(random.nextInt(pods.size())));
  }

  private void addPod() {
    String team = TEAMS.get(random.nextInt(TEAMS.size()));
    boolean there =
        rig.api
            .get(new FakeApi.Key(Kind.NAMESPACE, "", team))
            .filter(home -> !home.at("/metadata").has("deletionTimestamp"))
            .isPresent();
    if (!there) {
      return;
    }
    ObjectNode pod =
        (ObjectNode)
            FakeApi.read(
                """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: chat-%05d
                  namespace: %s
                  finalizers: [%s]
                  labels:
                    app.kubernetes.io/managed-by: %s
                    %s: chat
                    %s: large
                    %s: %s
                spec:
                  terminationGracePeriodSeconds: 120
                  nodeSelector: {%s: %s}
                  containers:
                  - name: runtime
                    resources: {limits: {%s: "%d"}}
                """
                    .formatted(
                        count++,
                        team,
                        Names.METERING_FINALIZER,
                        Names.MANAGER,
                        Names.DEPLOYMENT_LABEL,
                        Names.VARIANT_LABEL,
                        Names.POOL_LABEL,
                        pool(count),
                        Names.POOL_LABEL,
                        pool(count),
                        Names.GPU_RESOURCE,
                        1 + random.nextInt(4)));
    rig.fleet.create(pod);
  }

  private static String pool(int count) {
    return count % 3 == 0 ? "basalt" : "amber";
  }

  private void addNode() {
    int number = count++;
    String name = "node-%05d".formatted(number);
    nodes.put(number, name);
    rig.fleet.node(name, nodes.size() % 2 == 0 ? "basalt" : "amber", TYPES.get(random.nextInt(3)));
  }

  private void lose() {
    Integer number = List.copyOf(nodes.keySet()).get(random.nextInt(nodes.size()));
    rig.fleet.lose(nodes.remove(number));
    addNode();
  }

  private void edit() {
    Instant now = rig.clock.instant();
    if (now.isBefore(edited.plus(Duration.ofHours(2)))) {
      return;
    }
    edited = now;
    edits++;
    String pool = random.nextBoolean() ? "amber" : "basalt";
    price(pool, TYPES.get(random.nextInt(3)));
    declare(pool);
  }

  private void price(String pool, String type) {
    priced(pool).put(type, 1_000_000L + random.nextLong(100_000_000L));
  }

  private Map<String, Long> priced(String pool) {
    return prices.computeIfAbsent(pool, _ -> new TreeMap<>());
  }

  private void declare(String pool) {
    Map<String, Long> now = priced(pool);
    rig.bill.price(pool, rig.clock.instant(), now);
    rig.fleet.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: %s}
        spec:
          gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
          capacity:
          - {type: OnDemand, pricePerNodeHour: "%s", maxNodes: 8}
          - {type: Reserved, pricePerNodeHour: "%s", maxNodes: 8}
          - {type: Spot, pricePerNodeHour: "%s", maxNodes: 8}
          provisioner: {static: {}}
        """
            .formatted(
                pool, dollars(now, "on-demand"), dollars(now, "reserved"), dollars(now, "spot")));
  }

  private static String dollars(Map<String, Long> prices, String type) {
    long micros = prices.getOrDefault(type, 0L);
    return "%d.%06d".formatted(micros / 1_000_000, micros % 1_000_000);
  }

  private void found(String team) {
    rig.fleet.apply("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(team));
    rig.fleet.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: InferenceBudget
        metadata: {name: team, namespace: %s}
        spec: {amount: "100000", period: Month, timeZone: UTC}
        """
            .formatted(team));
  }

  /// Deletes a namespace; it comes back an hour after it is gone.
  private void end(String team) {
    if (rig.api.get(new FakeApi.Key(Kind.NAMESPACE, "", team)).isPresent()) {
      endings++;
      rig.fleet.delete(Kind.NAMESPACE, "", team);
      rig.fleet.after(Duration.ofHours(1), () -> refound(team));
    }
  }

  private void refound(String team) {
    if (rig.api.get(new FakeApi.Key(Kind.NAMESPACE, "", team)).isEmpty()) {
      found(team);
    } else {
      rig.fleet.after(Duration.ofMinutes(10), () -> refound(team));
    }
  }
}
