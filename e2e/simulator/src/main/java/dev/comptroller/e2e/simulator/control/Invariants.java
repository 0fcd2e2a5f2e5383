package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.loop.Commitment;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.e2e.simulator.world.Agenda;
import dev.comptroller.e2e.simulator.world.Cluster;
import dev.comptroller.e2e.simulator.world.Gateway;
import dev.comptroller.e2e.simulator.world.Pod;
import dev.comptroller.e2e.simulator.world.Pod.Node;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.Table;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What must hold after every step, computed from the world and not from what the operator saw.
///
/// - *spend*: what the record and the pods' timestamps say is what the independent purse holds, to
///   the micro-dollar;
/// - *namespace*: spent + X is at most the amount after every look of a hard budget, and spent is
///   at every moment; an outage excuses both from its begin until the inequality holds again. What
///   a price that nobody had declared takes more, from its rise until whoever looked in time can
///   have left, does not count: no reserve covers it;
/// - *gateway*: nothing is admitted past `fundedUntil`, nor once the amount is spent, operator or
///   no operator;
/// - *floor*: nothing below the quality floor has replicas that stay;
/// - *GPUs*: pods of a node hold at most its GPUs;
/// - *dwell*: two changes of the rung that replicas are granted of are at least the dwell apart.
public final class Invariants {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);

  private final Setup setup;
  private final Agenda agenda;
  private final Cluster cluster;
  private final Operator operator;
  private final Map<String, Grant> granted = new HashMap<>();
  private final Map<String, Instant> changed = new HashMap<>();
  private boolean excused;
  private boolean touched;
  private long checks;
  private long highestReserve;
  private long highestUse;
  private long worstOverrun;
  private long worstRise;
  private long worstPast;
  private long changes;

  Invariants(Setup setup, Agenda agenda, Cluster cluster, Operator operator) {
    this.setup = setup;
    this.agenda = agenda;
    this.cluster = cluster;
    this.operator = operator;
  }

  /// How often all of it was checked.
  public long checks() {
    return checks;
  }

  /// The largest X seen, in micro-dollars.
  public long highestReserve() {
    return highestReserve;
  }

  /// The largest spent + X seen while no outage excused more, in micro-dollars.
  public long highestUse() {
    return highestUse;
  }

  /// The most that was spent past the amount because of an outage, in micro-dollars.
  public long worstOverrun() {
    return worstOverrun;
  }

  /// The most that undeclared rises of prices took in a period, in micro-dollars.
  public long worstRise() {
    return worstRise;
  }

  /// The most that was spent past the amount because of undeclared rises, in micro-dollars.
  public long worstPast() {
    return worstPast;
  }

  /// Changes of a granted rung.
  public long changes() {
    return changes;
  }

  /// Holds a decision against the one before.
  void decided(NamespaceDecision decision) {
    for (Grant grant : decision.grants()) {
      DeploymentPolicy policy = policy(grant.deployment());
      if (grant.replicas() == 0) {
        continue;
      }
      Grant before = granted.put(grant.deployment(), grant);
      if (before != null && !before.variant().equals(grant.variant())) {
        @Nullable Instant last = changed.put(grant.deployment(), agenda.instant());
        changes++;
        if (last != null && agenda.instant().isBefore(last.plus(policy.dwell()))) {
          throw broken(
              "dwell",
              "%s changed from %s to %s, %d s after the change before; the dwell is %d s"
                  .formatted(
                      grant.deployment(),
                      before.variant(),
                      grant.variant(),
                      agenda.now() - last.getEpochSecond(),
                      policy.dwell().toSeconds()));
        }
      }
    }
  }

  /// Everything that has to hold at any moment.
  void check() {
    checks++;
    exact(window());
    floors();
    gpus();
    long spent = cluster.purse(namespace()).micros();
    long amount = setup.policy().amount().micros();
    excused |= operator.isOut();
    touched |= operator.isOut();
    if (!isHard()) {
      return;
    }
    long rises = unforeseen();
    worstRise = Math.max(worstRise, rises);
    if (spent - rises > amount && !excused) {
      throw broken(
          "namespace",
          "spent %d of %d micro-dollars with the operator alive".formatted(spent, amount));
    }
    worstOverrun = Math.max(worstOverrun, spent - rises - amount);
    worstPast = excused ? worstPast : Math.max(worstPast, spent - amount);
  }

  /// What has to hold after a look, besides.
  void looked() {
    if (!isHard() || operator.isDead()) {
      return;
    }
    long spent = cluster.purse(namespace()).micros();
    long reserve = reserve(window(), operator.knows());
    long rises = unforeseen();
    long amount = setup.policy().amount().micros();
    highestReserve = Math.max(highestReserve, reserve);
    if (spent - rises + reserve <= amount) {
      excused = false;
    }
    if (!excused) {
      highestUse = Math.max(highestUse, spent - rises + reserve);
      if (spent - rises + reserve > amount) {
        throw broken(
            "namespace",
            "spent %d, %d of it undeclared rises, + X %d is more than the amount %d by %d; %s"
                .formatted(
                    spent, rises, reserve, amount, spent - rises + reserve - amount, facts()));
      }
    }
  }

  /// What has to hold of a period that ends now.
  void closing(Window window) {
    touched |= operator.isOut();
    exact(window);
    long spent = cluster.purse(namespace()).micros();
    if (isHard() && !excused && spent - unforeseen() > setup.policy().amount().micros()) {
      throw broken(
          "namespace",
          "the period from %s cost %d of %d micro-dollars"
              .formatted(window.start(), spent, setup.policy().amount().micros()));
    }
  }

  /// What has to hold of requests that were admitted from `now` on.
  void admitted(long now, Gateway gateway, double tokens) {
    touched |= operator.isOut();
    excused |= operator.isOut();
    Table.@Nullable Account account = gateway.table().account();
    if (tokens > 0 && account != null && !account.observe() && now >= account.fundedUntil()) {
      throw broken(
          "gateway",
          "%.0f tokens were admitted, %d s past fundedUntil"
              .formatted(tokens, now - account.fundedUntil()));
    }
    long spent = cluster.purse(namespace()).micros();
    if (isHard() && tokens > 0 && spent - unforeseen() > setup.policy().amount().micros()) {
      throw broken(
          "gateway",
          "%.0f tokens were admitted with %d of %d micro-dollars spent"
              .formatted(tokens, spent, setup.policy().amount().micros()));
    }
  }

  /// Begins a period.
  void opening() {
    touched = operator.isOut();
  }

  /// Whether an outage has touched the period.
  boolean isTouched() {
    return touched;
  }

  private void exact(Window window) {
    List<ReplicaInterval> live = new ArrayList<>();
    for (Pod pod : cluster.pods()) {
      @Nullable ReplicaInterval interval = pod.interval();
      if (interval != null && pod.set().namespace().equals(namespace())) {
        live.add(interval);
      }
    }
    Map<String, PriceBook> books = new TreeMap<>();
    cluster.prices().forEach((pool, track) -> books.put(pool, track.declared(agenda.now())));
    long recorded =
        operator
            .store()
            .spend()
            .spentBetween(
                window.start(), window.end(), live, PriceBooks.of(books), agenda.instant())
            .money()
            .micros();
    long purse = cluster.purse(namespace()).micros();
    if (recorded != purse) {
      throw broken(
          "spend",
          "timestamps say %d micro-dollars, the independent bill %d".formatted(recorded, purse));
    }
  }

  private void floors() {
    for (Pod pod : cluster.pods()) {
      if (pod.isStaying() && isBelowFloor(pod)) {
        throw broken(
            "floor",
            "%s of %s is below the quality floor"
                .formatted(pod.set().variant(), pod.set().deployment()));
      }
    }
  }

  private boolean isBelowFloor(Pod pod) {
    DeploymentPolicy policy = policy(pod.set().deployment());
    @Nullable Variant floor = null;
    @Nullable Variant own = null;
    for (Variant variant : policy.policy().ladder()) {
      floor = variant.name().equals(policy.policy().qualityFloor()) ? variant : floor;
      own = variant.name().equals(pod.set().variant()) ? variant : own;
    }
    return floor != null && own != null && own.quality().compareTo(floor.quality()) < 0;
  }

  private void gpus() {
    Map<String, Integer> held = new HashMap<>();
    for (Pod pod : cluster.pods()) {
      @Nullable Node node = pod.node();
      if (node != null && pod.holdsGpus()) {
        int sum = held.merge(node.name(), pod.set().gpus(), Integer::sum);
        if (sum > node.gpus()) {
          throw broken(
              "GPUs",
              "%d GPUs are held on %s, which has %d".formatted(sum, node.name(), node.gpus()));
        }
      }
    }
  }

  /// What leaving costs at most in this period, at the highest price in force of the pool until
  /// then: a pod that was told to leave for as long as it may still take, one that is granted for
  /// all the time that leaving takes, one that is not granted any more for what is left of that.
  ///
  /// @param known the prices that count
  private long reserve(Window window, PriceTrack.Known known) {
    long now = agenda.now();
    long rest = window.end().getEpochSecond() - now;
    long total = setup.policy().leaving().total().toSeconds();
    Map<String, Integer> granted = new HashMap<>();
    for (Grant grant : operator.store().budget().grants()) {
      granted.put(grant.deployment() + "/" + grant.variant(), grant.replicas());
    }
    BigInteger sum = BigInteger.ZERO;
    for (Pod pod : cluster.pods()) {
      @Nullable Node node = pod.node();
      if (node == null || !pod.holdsGpus() || !pod.set().namespace().equals(namespace())) {
        continue;
      }
      boolean paid =
          pod.isStaying()
              && granted.merge(pod.set().deployment() + "/" + pod.set().variant(), -1, Integer::sum)
                  >= 0;
      long seconds = Math.min(paid ? total : leaving(pod), rest);
      PriceTrack track = track(node.pool());
      BigInteger product =
          BigInteger.valueOf(highest(track, now, now + total, known))
              .multiply(BigInteger.valueOf(pod.set().gpus() * seconds))
              .divide(BigInteger.valueOf(track.gpusPerNode()));
      sum = sum.add(product);
    }
    return sum.divide(HOUR).longValueExact();
  }

  /// Seconds that a pod which is not granted any more may still take.
  private long leaving(Pod pod) {
    if (!pod.isStaying()) {
      long told = setup.faults().drain() + setup.faults().teardown();
      return Math.max(0, pod.toldAt() + told - agenda.now());
    }
    for (Commitment each : operator.store().budget().commitments(pod.set().deployment())) {
      @Nullable Instant lowered = each.lowered();
      if (each.variant().equals(pod.set().variant()) && lowered != null) {
        long until = lowered.plus(setup.policy().leaving().afterDecision()).getEpochSecond();
        return Math.max(0, until - agenda.now());
      }
    }
    return setup.policy().leaving().afterDecision().toSeconds();
  }

  private static long highest(PriceTrack track, long from, long to, PriceTrack.Known known) {
    long highest = 0;
    long at = from;
    while (at < to) {
      for (CapacityType type : CapacityType.values()) {
        highest = Math.max(highest, track.micros(type, at, known));
      }
      at = track.nextChange(at, to);
    }
    return highest;
  }

  private long unforeseen() {
    return cluster.unforeseen(namespace()).micros();
  }

  private PriceTrack track(String pool) {
    PriceTrack track = cluster.prices().get(pool);
    if (track == null) {
      throw new IllegalStateException("no pool " + pool);
    }
    return track;
  }

  private Window window() {
    return setup.policy().calendar().containing(agenda.instant());
  }

  private boolean isHard() {
    NamespacePolicy policy = setup.policy();
    return policy.hard() && !policy.observe();
  }

  private String namespace() {
    return setup.policy().namespace();
  }

  private DeploymentPolicy policy(String deployment) {
    return setup.policy().deployments().stream()
        .filter(each -> each.name().equals(deployment))
        .findFirst()
        .orElseThrow();
  }

  /// Grants, commitments and pods, for whoever looks into a failure.
  private String facts() {
    StringBuilder text = new StringBuilder("granted:");
    for (Grant grant : operator.store().budget().grants()) {
      text.append(
          " %d+%d x %s (%s)"
              .formatted(grant.replicas(), grant.surge(), grant.variant(), grant.reason()));
    }
    text.append("; committed:");
    for (Commitment each : operator.store().budget().commitments()) {
      text.append(
          " %d x %s, lowered %s".formatted(each.replicas(), each.variant(), each.lowered()));
    }
    Map<String, Integer> pods = new TreeMap<>();
    for (Pod pod : cluster.pods()) {
      pods.merge(pod.set().variant() + " " + pod.phase(), 1, Integer::sum);
    }
    return text + "; pods: " + pods;
  }

  private Broken broken(String invariant, String message) {
    return new Broken(setup.seed(), agenda.now(), invariant, message);
  }
}
