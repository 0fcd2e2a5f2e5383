package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.pool.PoolDecision;
import dev.comptroller.decide.pool.PoolMemory;
import dev.comptroller.decide.pool.PoolPace;
import dev.comptroller.decide.pool.PoolPlan;
import dev.comptroller.decide.pool.PoolPolicy;
import dev.comptroller.decide.pool.PoolSeen;
import dev.comptroller.decide.scale.Autoscaler;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.decide.scale.ScaleSeen;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.e2e.simulator.world.Chance;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// A pool under a ceiling in dollars an hour that does not always suffice, in a world where prices
/// triple, spot nodes go with and without notice, and nodes that were asked for do not come. The
/// operator's own decisions choose replicas and nodes.
public final class Ceilings {
  private static final long START = Instant.parse("2026-03-02T00:00:00Z").getEpochSecond();

  /// Seconds from one decision to the next.
  private static final long STEP = 15;

  /// Seconds that a node which is told to leave still runs, and costs.
  private static final long DRAIN = 45;

  /// The longest that a pool may cost more than its ceiling after a price that nobody declared.
  public static final long CONTROL_INTERVAL = 60;

  private static final long DAY = 86_400;
  private static final long NODE_START = 180;
  private static final long REPLICA_START = 120;
  private static final int PER_NODE = 2;
  private static final int GPUS = 4;
  private static final double TOKENS = 2_800;
  private static final HourlyRate CEILING = HourlyRate.parse("70");
  private static final Map<CapacityType, Integer> MOST =
      new EnumMap<>(Map.of(CapacityType.OnDemand, 8, CapacityType.Spot, 4));
  private static final Map<CapacityType, Long> PRICES =
      new EnumMap<>(Map.of(CapacityType.OnDemand, 19_000_000L, CapacityType.Spot, 7_000_000L));
  private static final String POOL = "h100";
  private static final String RUNG = "70b";
  private static final ScalePolicy SCALING = scaling();

  private final Chance losses;
  private final Chance failures;
  private final LongToDoubleFunction demand;
  private final List<Rise> rises;
  private final long end;

  private final Map<String, Node> nodes = new TreeMap<>();
  private final Map<CapacityType, List<Long>> coming = new EnumMap<>(CapacityType.class);
  private final List<Replica> replicas = new ArrayList<>();
  private final List<Double> minutes = new ArrayList<>();
  private PoolMemory memory = PoolMemory.EMPTY;
  private ScaleState state = ScaleState.resumed(RUNG, 0, Instant.ofEpochSecond(START));
  private long brokenUntil;
  private long count;
  private double minute;
  private int needed;

  private long checks;
  private long plannedAbove;
  private long above;
  private long longestAbove;
  private double served;
  private double possible;
  private double asked;
  private double microDollars;

  private Ceilings(long seed, long days) {
    losses = Chance.of(seed, "losses");
    failures = Chance.of(seed, "failures");
    demand = Demands.bursty(Demands.daily(20_000, 0.5), seed, 12, 1.6);
    end = START + days * DAY;
    rises = rises(seed, days);
  }

  private record Rise(CapacityType type, long from, long until) {}

  /// @param leavesAt when it is gone; absent while it stays
  /// @param notice whether it says so
  private record Node(
      CapacityType type, long joined, @Nullable Long leavesAt, boolean notice, boolean lost) {
    Node leaving(long at) {
      return leavesAt != null && leavesAt <= at ? this : new Node(type, joined, at, notice, lost);
    }

    Node losing(long at, boolean told) {
      return new Node(type, joined, at, told, true);
    }
  }

  private record Replica(String node, long ready) {}

  /// What came of a run.
  ///
  /// @param checks decisions that were checked
  /// @param plannedAbove of these, those that added a node beyond the ceiling
  /// @param longestAbove most seconds in a row that the nodes cost more than the ceiling
  /// @param served tokens served
  /// @param possible tokens that nodes for the ceiling could have served, had they been there at
  ///   once and never gone
  /// @param asked tokens asked for
  /// @param microDollars what the nodes cost
  public record Result(
      long checks,
      long plannedAbove,
      long longestAbove,
      double served,
      double possible,
      double asked,
      double microDollars) {
    /// Tokens as a share of what was possible.
    public double share() {
      return served / possible;
    }

    /// Whether the ceiling was kept.
    public boolean isKept() {
      return plannedAbove == 0 && longestAbove <= CONTROL_INTERVAL;
    }
  }

  /// Runs `days` days.
  public static Result run(long seed, long days) {
    Ceilings world = new Ceilings(seed, days);
    for (long now = START; now < world.end; now += STEP) {
      world.step(now);
    }
    return new Result(
        world.checks,
        world.plannedAbove,
        world.longestAbove,
        world.served,
        world.possible,
        world.asked,
        world.microDollars);
  }

  private void step(long now) {
    happen(now);
    double wanted = demand.applyAsDouble(now);
    remember(wanted, now);
    PoolPolicy policy = policy(now);
    place(scale(now, wanted, policy), now);
    decide(policy, now);
    measure(policy, wanted, now);
  }

  /// Nodes come, go and are lost.
  private void happen(long now) {
    if (now >= brokenUntil && failures.happens(STEP / (2.0 * DAY))) {
      brokenUntil = now + failures.between(600, 3 * 3600);
    }
    coming.forEach(
        (type, times) -> {
          while (now >= brokenUntil && !times.isEmpty() && times.getFirst() <= now) {
            times.removeFirst();
            nodes.put(
                "%s-%06d".formatted(type.label(), ++count),
                new Node(type, now, null, false, false));
          }
        });
    nodes.replaceAll(
        (_, node) ->
            node.type() == CapacityType.Spot && !node.lost() && losses.happens(STEP / (8.0 * 3600))
                ? losses.happens(0.8) ? node.losing(now + 120, true) : node.losing(now, false)
                : node);
    nodes.values().removeIf(node -> node.leavesAt() != null && node.leavesAt() <= now);
    replicas.removeIf(replica -> !nodes.containsKey(replica.node()));
  }

  private void remember(double wanted, long now) {
    minute += wanted * STEP / 60;
    if ((now + STEP) % 60 == 0) {
      minutes.add(minute);
      minute = 0;
    }
  }

  /// How many replicas the autoscaler wants.
  private int scale(long now, double wanted, PoolPolicy policy) {
    Instant at = Instant.ofEpochSecond(now);
    List<Double> known = minutes.subList(Math.max(0, minutes.size() - 120), minutes.size());
    DemandSeen seen =
        new DemandSeen(
            wanted,
            known,
            Instant.ofEpochSecond(START + 60L * minutes.size()),
            WeekProfile.UNKNOWN,
            0,
            0,
            List.of(),
            at);
    Map<CapacityType, Integer> present = new EnumMap<>(CapacityType.class);
    nodes.values().forEach(node -> present.merge(node.type(), 1, Integer::sum));
    int free = nodes.keySet().stream().filter(this::takesPods).mapToInt(this::free).sum();
    int room = free + PER_NODE * PoolDecision.growth(present, memory, policy, at);
    RungSeen rung =
        new RungSeen(
            RUNG,
            HourlyRate.parse("9.50"),
            new TokensPerSecond(Math.round(1000 * TOKENS)),
            null,
            true,
            replicas.size(),
            room,
            Duration.ofSeconds(NODE_START + REPLICA_START),
            null);
    ScaleDecision decision =
        Autoscaler.next(new ScaleSeen(seen, List.of(rung)), SCALING, state, at);
    state = decision.state();
    return decision.replicas();
  }

  /// Replicas that are too many end, the youngest first; others find a node or wait for one.
  private void place(int wanted, long now) {
    while (replicas.size() > wanted) {
      replicas.removeLast();
    }
    for (String node : nodes.keySet()) {
      while (replicas.size() < wanted && takesPods(node) && free(node) > 0) {
        replicas.add(new Replica(node, now + REPLICA_START));
      }
    }
    needed = wanted;
  }

  private boolean takesPods(String name) {
    Node node = nodes.get(name);
    return node != null && node.leavesAt() == null && !memory.releasing().containsKey(name);
  }

  private int free(String name) {
    return PER_NODE - (int) replicas.stream().filter(r -> r.node().equals(name)).count();
  }

  private void decide(PoolPolicy policy, long now) {
    Map<String, Integer> placed = new HashMap<>();
    replicas.forEach(replica -> placed.merge(replica.node(), 1, Integer::sum));
    List<PoolSeen.Node> seen = new ArrayList<>();
    nodes.forEach(
        (name, node) ->
            seen.add(
                new PoolSeen.Node(
                    name,
                    node.type(),
                    true,
                    PER_NODE * GPUS,
                    GPUS * placed.getOrDefault(name, 0),
                    Instant.ofEpochSecond(node.joined()),
                    node.notice() ? "is taken back in 2 minutes" : null)));
    PoolSeen.Need need = new PoolSeen.Need("team/chat", GPUS, needed, placed, 0);
    PoolPlan plan =
        PoolDecision.decide(
            new PoolSeen(seen, List.of(need), memory), policy, Instant.ofEpochSecond(now));
    memory = plan.memory();
    checks++;
    boolean adds = plan.choices().stream().anyMatch(choice -> choice.added() > 0);
    if (adds && plan.planned().compareTo(CEILING) > 0) {
      plannedAbove++;
    }
    plan.drain().forEach(name -> nodes.computeIfPresent(name, (_, n) -> n.leaving(now + DRAIN)));
    PRICES.keySet().forEach(type -> follow(type, plan.target(type).orElse(0), now));
  }

  /// The provisioner has as many nodes of a type as it is told to keep.
  private void follow(CapacityType type, int target, long now) {
    List<Long> starting = coming.computeIfAbsent(type, _ -> new ArrayList<>());
    long here = nodes.values().stream().filter(node -> node.type() == type).count();
    while (here + starting.size() < target) {
      starting.add(now + NODE_START);
    }
    while (here + starting.size() > target && !starting.isEmpty()) {
      starting.removeLast();
    }
  }

  private void measure(PoolPolicy policy, double wanted, long now) {
    Instant at = Instant.ofEpochSecond(now);
    HourlyRate cost = HourlyRate.ZERO;
    for (Node node : nodes.values()) {
      cost = cost.plus(policy.prices().quote(node.type(), at).perNodeHour());
    }
    microDollars += cost.microsPerHour() * STEP / 3600.0;
    above = cost.compareTo(CEILING) > 0 ? above + STEP : 0;
    longestAbove = Math.max(longestAbove, above);
    long ready = replicas.stream().filter(replica -> replica.ready() <= now).count();
    asked += wanted * STEP;
    served += Math.min(wanted, ready * TOKENS) * STEP;
    possible += Math.min(wanted, PER_NODE * most(policy, at) * TOKENS) * STEP;
  }

  /// The most nodes that the ceiling pays for at `at`.
  private static int most(PoolPolicy policy, Instant at) {
    int most = 0;
    long spot = policy.prices().quote(CapacityType.Spot, at).perNodeHour().microsPerHour();
    long other = policy.prices().quote(CapacityType.OnDemand, at).perNodeHour().microsPerHour();
    for (int spots = 0; spots <= MOST.getOrDefault(CapacityType.Spot, 0); spots++) {
      long left = CEILING.microsPerHour() - spots * spot;
      if (left >= 0) {
        most =
            Math.max(
                most,
                spots + (int) Math.min(MOST.getOrDefault(CapacityType.OnDemand, 0), left / other));
      }
    }
    return most;
  }

  /// Prices as they are known at `now`: a rise is not declared before it holds.
  private PoolPolicy policy(long now) {
    List<Price> prices = new ArrayList<>();
    PRICES.forEach(
        (type, usual) -> {
          boolean risen =
              rises.stream().anyMatch(r -> r.type() == type && r.from() <= now && now < r.until());
          prices.add(new Price(type, new HourlyRate(risen ? 3 * usual : usual), null, null));
        });
    return new PoolPolicy(
        POOL,
        new PriceBook(PER_NODE * GPUS, prices),
        MOST.entrySet().stream()
            .map(offer -> new PoolPolicy.Offer(offer.getKey(), 0, offer.getValue()))
            .toList(),
        CEILING,
        PoolPace.DEFAULT);
  }

  /// Prices that triple for ten minutes to two hours about every second day.
  private static List<Rise> rises(long seed, long days) {
    Chance chance = Chance.of(seed, "prices");
    List<Rise> rises = new ArrayList<>();
    long at = START + chance.gap(2 * DAY);
    while (at < START + days * DAY) {
      long until = at + chance.between(600, 7200);
      CapacityType type = chance.happens(0.5) ? CapacityType.Spot : CapacityType.OnDemand;
      rises.add(new Rise(type, at, until));
      at = until + chance.gap(2 * DAY);
    }
    return rises;
  }

  private static ScalePolicy scaling() {
    Variant variant =
        new Variant(RUNG, POOL, GPUS, new BigDecimal("0.9"), 0, "BF16", 64, null, null, 60);
    return ScalePolicy.following(
        new Policy("team", "chat", List.of(variant), null, 1, new Scaling(0, 64), null),
        ScalePolicy.USUAL);
  }
}
