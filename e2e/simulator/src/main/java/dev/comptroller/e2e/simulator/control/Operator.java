package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.DeploymentSeen;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.MoneySeen;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.loop.NamespaceSeen;
import dev.comptroller.decide.loop.Traffic;
import dev.comptroller.decide.rollout.Change;
import dev.comptroller.decide.rollout.Goal;
import dev.comptroller.decide.rollout.Intent;
import dev.comptroller.decide.rollout.Leg;
import dev.comptroller.decide.rollout.Rollout;
import dev.comptroller.decide.rollout.RolloutSeen;
import dev.comptroller.decide.rollout.RolloutState;
import dev.comptroller.decide.rollout.Step;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.e2e.simulator.control.Policies.Wanted;
import dev.comptroller.e2e.simulator.control.View.PodSeen;
import dev.comptroller.e2e.simulator.world.Agenda;
import dev.comptroller.e2e.simulator.world.Chance;
import dev.comptroller.e2e.simulator.world.Cluster;
import dev.comptroller.e2e.simulator.world.Gateway;
import dev.comptroller.e2e.simulator.world.Pod;
import dev.comptroller.e2e.simulator.world.Pod.Phase;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.ReplicaSet;
import dev.comptroller.e2e.simulator.world.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The operator of one namespace: looks, decides with the real code, writes what it intends, acts.
///
/// Everything that survives a crash is in its [Store] and in the cluster; every write may be
/// refused, be done without an answer, or be the last thing before it dies. The order is that of
/// the real one: spend is recorded before a pod is forgotten; a decision is written before the
/// gateway and the cluster hear of it; the state of a rollout before its intents.
public final class Operator {
  private static final int VIEWS = 16;

  /// Seconds from one look at what is in flight to the next; the real one looks every second.
  private static final long COUNTING = 5;

  private final Setup setup;
  private final Agenda agenda;
  private final Cluster cluster;
  private final Map<String, Gateway> gateways;
  private final Brain brain;
  private final Chance chance;
  private final Writes writes;
  private final Store store = new Store();
  private final Map<String, Wanted> wanted = new TreeMap<>();
  private final Map<String, Expectation> expected = new TreeMap<>();
  private final Map<String, Prestaged> prestages = new TreeMap<>();
  private final Deque<View> views = new ArrayDeque<>();
  private final List<HourSpend> history = new ArrayList<>();
  private final Map<String, String> products;
  private final Duration ahead;
  private Consumer<NamespaceDecision> listener = _ -> {};
  private Consumer<Boolean> onChange = _ -> {};
  private Runnable onLook = () -> {};
  private @Nullable NamespaceDecision last;
  private boolean dead;
  private boolean out;
  private boolean poked;
  private boolean counting;
  private long lookNumber;
  private long seen;
  private long crashes;
  private long conflicts;
  private long outageSeconds;
  private final List<Outage> outages = new ArrayList<>();

  /// A time in which it was gone, not counting restarts after a crash.
  ///
  /// @param from its first second
  /// @param until its end
  public record Outage(long from, long until) {}

  private record Prestaged(String variant, long done) {}

  /// The decision that is put to the test.
  @FunctionalInterface
  public interface Brain {
    /// What to do about a namespace.
    NamespaceDecision decide(NamespaceSeen seen, NamespacePolicy policy, Instant now);
  }

  Operator(
      Setup setup, Agenda agenda, Cluster cluster, Map<String, Gateway> gateways, Brain brain) {
    this.setup = setup;
    this.agenda = agenda;
    this.cluster = cluster;
    this.gateways = gateways;
    this.brain = brain;
    chance = Chance.of(setup.seed(), "operator");
    writes = new Writes(setup.controls(), chance);
    // What leaves must be gone when a dearer price enters the reserve.
    ahead = setup.policy().leaving().total().multipliedBy(2);
    for (DeploymentPolicy deployment : setup.policy().deployments()) {
      wanted.put(deployment.name(), new Wanted(null, deployment.policy().requestedReplicas()));
    }
    products = setup.products();
    seen = setup.start();
    agenda.at(setup.start(), () -> look(0));
    if (setup.controls().outageEvery() > 0) {
      agenda.after(chance.gap(setup.controls().outageEvery()), this::outage);
    }
  }

  /// Hears every decision that was written.
  void onDecision(Consumer<NamespaceDecision> heard) {
    listener = heard;
  }

  /// Hears whenever another rung serves, and whether it is a lower one.
  void onChange(Consumer<Boolean> heard) {
    onChange = heard;
  }

  /// Hears after every look that went through.
  void onLook(Runnable heard) {
    onLook = heard;
  }

  /// Whether an outage goes on.
  boolean isOut() {
    return out;
  }

  /// Forgets what no period to come needs.
  void newPeriod(Window window) {
    store.spend(store.spend().pruned(window.start().plus(SpendRecord.KEPT)));
  }

  /// Sets `spec.replicas` of a deployment.
  void request(String deployment, int replicas) {
    wanted.put(deployment, new Wanted(null, replicas));
  }

  /// What its autoscaler wants of a deployment, and what it expects; it looks at once where it
  /// wants something else.
  void want(String deployment, Wanted wants, Expectation expects) {
    expected.put(deployment, expects);
    if (!dead && !wants.equals(wanted.put(deployment, wants))) {
      long number = ++lookNumber;
      agenda.after(1, () -> look(number));
    }
  }

  int requested(String deployment) {
    return Objects.requireNonNull(wanted.get(deployment), deployment).replicas();
  }

  /// Something changed in the cluster: looks at rollouts a second later.
  void poke() {
    if (!poked) {
      poked = true;
      agenda.after(1, this::hear);
    }
  }

  /// The prices that it can have acted upon.
  PriceTrack.Known knows() {
    return new PriceTrack.Known(seen, agenda.now(), ahead.toSeconds());
  }

  /// Whether it is dead.
  public boolean isDead() {
    return dead;
  }

  /// The last decision; absent before the first one.
  public @Nullable NamespaceDecision last() {
    return last;
  }

  /// How often it died at a write.
  public long crashes() {
    return crashes;
  }

  /// Writes that were refused or lost their answer.
  public long conflicts() {
    return conflicts;
  }

  /// Seconds of outages.
  public long outageSeconds() {
    return outageSeconds;
  }

  /// Its outages.
  public List<Outage> outages() {
    return outages;
  }

  Store store() {
    return store;
  }

  void hour(HourSpend hour) {
    history.add(hour);
    if (history.size() > 28 * 24) {
      history.removeFirst();
    }
  }

  private void outage() {
    long length = chance.gap(setup.controls().outage());
    outageSeconds += length;
    outages.add(new Outage(agenda.now(), agenda.now() + length));
    out = true;
    die(length);
    agenda.after(chance.gap(setup.controls().outageEvery()) + length, this::outage);
  }

  private void die(long seconds) {
    dead = true;
    last = null;
    long number = ++lookNumber;
    agenda.after(
        seconds,
        () -> {
          if (number == lookNumber) {
            dead = false;
            out = false;
            look(number);
          }
        });
  }

  private void count() {
    counting = false;
    poke();
  }

  private void hear() {
    poked = false;
    if (!dead) {
      attempt(false);
    }
  }

  private void look(long number) {
    if (!dead && number == lookNumber) {
      attempt(true);
    }
  }

  private void attempt(boolean money) {
    try {
      View view = view();
      if (money) {
        record(view);
        decide(view);
      }
      long wake = rollouts(view);
      if (money) {
        next(wake);
        seen = view.asOf().getEpochSecond();
        onLook.run();
      } else if (wake < Long.MAX_VALUE) {
        agenda.at(wake, this::hear);
      }
    } catch (Writes.Again _) {
      conflicts++;
      long number = ++lookNumber;
      agenda.after(1, () -> look(number));
    } catch (Writes.Crash _) {
      crashes++;
      die(chance.between(2, setup.controls().restart()));
    }
  }

  private void next(long rolloutWake) {
    long at = agenda.now() + setup.controls().interval();
    if (last != null) {
      at = Math.min(at, second(last.wake()));
    }
    at = Math.max(agenda.now() + 1, Math.min(at, rolloutWake));
    long number = ++lookNumber;
    agenda.at(at, () -> look(number));
  }

  private static long second(Instant instant) {
    return instant.getNano() == 0 ? instant.getEpochSecond() : instant.getEpochSecond() + 1;
  }

  private View view() {
    View fresh = View.of(cluster, setup.policy().namespace(), products, agenda.instant());
    View seen = fresh;
    if (chance.happens(setup.controls().stale())) {
      for (View old : views) {
        if (!old.asOf().plusSeconds(setup.controls().staleSeconds()).isBefore(fresh.asOf())) {
          seen = old;
          break;
        }
      }
    }
    views.addLast(fresh);
    if (views.size() > VIEWS) {
      views.removeFirst();
    }
    return seen;
  }

  /// Records pods that ended, then lets go of them.
  ///
  /// Prices are read anew for it: what is recorded at a price that was edited meanwhile would stay
  /// wrong.
  private void record(View view) {
    for (PodSeen pod : view.pods()) {
      if (pod.phase() != Phase.Gone || !cluster.pods().contains(pod.pod())) {
        continue;
      }
      ReplicaInterval interval = pod.interval();
      if (interval.gpus() > 0 && !store.spend().isRecorded(interval.uid())) {
        writes.apply(() -> store.spend(store.spend().record(interval, declared())));
      }
      writes.apply(() -> cluster.forget(pod.pod()));
      writes.apply(() -> store.spend(store.spend().forget(pod.pod().uid())));
    }
  }

  private PriceBooks declared() {
    Map<String, PriceBook> books = new TreeMap<>();
    cluster.prices().forEach((pool, track) -> books.put(pool, track.declared(agenda.now())));
    return PriceBooks.of(books);
  }

  private void decide(View view) {
    Instant now = agenda.instant();
    NamespacePolicy policy = policy();
    List<DeploymentSeen> deployments = new ArrayList<>();
    for (DeploymentPolicy deployment : policy.deployments()) {
      RolloutState rollout = store.rollout(deployment.name());
      deployments.add(
          Observer.deployment(deployment, view, rollout, expected(deployment.name()), now, ahead));
    }
    NamespaceSeen seen =
        new NamespaceSeen(view.asOf(), money(view, now), deployments, List.of(), store.budget());
    NamespaceDecision decision = brain.decide(seen, policy, now);
    writes.apply(
        () -> {
          store.budget(decision.state());
          listener.accept(decision);
        });
    last = decision;
    writes.apply(this::route);
  }

  private @Nullable Expectation expected(String deployment) {
    if (!setup.controls().measured()) {
      return null;
    }
    Gateway gateway = gateway(deployment);
    if (setup.scaler() instanceof Setup.Own) {
      return expected.get(deployment);
    }
    double tokens = gateway.arrivalRate() * gateway.arrivalMix().total();
    return new Expectation(new TokensPerSecond(Math.round(tokens * 1000)), List.of());
  }

  private MoneySeen money(View view, Instant now) {
    Window window = setup.policy().calendar().containing(now);
    Money spent =
        store
            .spend()
            .spentBetween(window.start(), window.end(), live(view), view.books(), now)
            .money();
    return new MoneySeen(view.asOf(), window, spent, Money.ZERO, false, List.copyOf(history));
  }

  private List<ReplicaInterval> live(View view) {
    return view.pods().stream()
        .filter(pod -> cluster.pods().contains(pod.pod()))
        .map(PodSeen::interval)
        .filter(interval -> interval.gpus() > 0)
        .toList();
  }

  private long rollouts(View view) {
    NamespaceDecision decision = last;
    long wake = Long.MAX_VALUE;
    if (decision == null) {
      return wake;
    }
    for (Grant grant : decision.enforced()) {
      wake = Math.min(wake, rollout(view, grant));
    }
    return wake;
  }

  private long rollout(View view, Grant grant) {
    DeploymentPolicy deployment =
        setup.policy().deployments().stream()
            .filter(each -> each.name().equals(grant.deployment()))
            .findFirst()
            .orElseThrow();
    Gateway gateway = gateway(deployment.name());
    RolloutSeen seen = Observer.rollout(deployment, view, gateway, prestage(deployment.name()));
    Goal goal = new Goal(grant.variant(), grant.replicas(), grant.surge(), grant.reason());
    RolloutState before = store.rollout(deployment.name());
    Step step =
        Rollout.next(
            before,
            seen,
            goal,
            setup.rollout().withBreakBeforeMake(deployment.breakBeforeMake()),
            agenda.instant());
    if (!step.state().equals(before)) {
      writes.apply(() -> store.rollout(deployment.name(), step.state()));
      changed(deployment, before.serving(), step.state().serving());
    }
    writes.apply(this::route);
    for (Intent intent : step.intents()) {
      act(deployment, intent);
    }
    if (waitsForStreams(step.state()) && !counting) {
      counting = true;
      agenda.after(COUNTING, this::count);
    }
    return step.wake() == null ? Long.MAX_VALUE : Math.max(agenda.now() + 1, second(step.wake()));
  }

  /// Whether it is waited for what is in flight, which nothing announces.
  private static boolean waitsForStreams(RolloutState state) {
    Change change = state.change();
    return change != null
        && switch (change.phase()) {
          case Drain, Suspend -> true;
          case Prestage, Break, Start, Warm, Canary, Shift, Release -> false;
        };
  }

  private void changed(DeploymentPolicy deployment, @Nullable String from, @Nullable String to) {
    if (from == null || to == null || from.equals(to)) {
      return;
    }
    List<String> ladder = deployment.policy().ladder().stream().map(Variant::name).toList();
    onChange.accept(ladder.indexOf(to) > ladder.indexOf(from));
  }

  private RolloutSeen.Prestage prestage(String deployment) {
    Prestaged prestaged = prestages.get(deployment);
    if (prestaged == null) {
      return RolloutSeen.Prestage.NONE;
    }
    boolean done = prestaged.done() <= agenda.now();
    RolloutSeen.Prestage.Outcome outcome =
        done ? RolloutSeen.Prestage.Outcome.Done : RolloutSeen.Prestage.Outcome.Running;
    return new RolloutSeen.Prestage(prestaged.variant(), outcome, "");
  }

  private void act(DeploymentPolicy deployment, Intent intent) {
    switch (intent) {
      case Intent.Prestage(String variant) -> {
        Prestaged present = prestages.get(deployment.name());
        if (present == null || !present.variant().equals(variant)) {
          long done = agenda.now() + setup.faults().pull();
          writes.apply(() -> prestages.put(deployment.name(), new Prestaged(variant, done)));
          agenda.at(done, this::poke);
        }
      }
      case Intent.EndPrestage() -> writes.apply(() -> prestages.remove(deployment.name()));
      case Intent.Scale(String variant, int replicas, long revision) -> {
        ReplicaSet set = set(deployment, variant);
        if (!set.exists() || set.wanted() != replicas || set.revision() != revision) {
          writes.apply(() -> cluster.scale(set, replicas, revision));
        }
      }
      case Intent.WarmUp(_, List<String> uids) -> {
        for (Pod pod : cluster.pods()) {
          if (uids.contains(pod.uid())) {
            cluster.warm(pod);
          }
        }
        agenda.after(5, this::poke);
      }
      case Intent.Expose(_) -> {}
      case Intent.Delete(String variant) -> {
        ReplicaSet set = set(deployment, variant);
        if (set.exists()) {
          writes.apply(() -> cluster.delete(set));
        }
      }
    }
  }

  private ReplicaSet set(DeploymentPolicy deployment, String name) {
    Variant variant =
        deployment.policy().ladder().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow();
    return cluster.set(
        new ReplicaSet(
            setup.policy().namespace(), deployment.name(), name, variant.pool(), variant.gpus()));
  }

  /// Renders the table from what is written, so that it never says more than that.
  private void route() {
    SortedMap<String, SortedMap<String, Integer>> weights = new TreeMap<>();
    for (DeploymentPolicy deployment : setup.policy().deployments()) {
      SortedMap<String, Integer> legs = new TreeMap<>();
      for (Leg leg : store.rollout(deployment.name()).legs()) {
        legs.put(leg.variant(), leg.weight());
      }
      weights.put(deployment.name(), legs);
    }
    Table table = new Table(weights, account());
    gateways.values().forEach(gateway -> gateway.route(table, agenda.now()));
  }

  private Table.@Nullable Account account() {
    NamespaceDecision decision = last;
    if (decision == null) {
      return null;
    }
    Traffic traffic = decision.traffic();
    Instant funded = decision.fundedUntil();
    return new Table.Account(
        funded == null ? Long.MAX_VALUE : funded.getEpochSecond(),
        decision.observe(),
        traffic.suspended(),
        traffic.queueBatch(),
        traffic.maxOutputTokens(),
        traffic.tokensPerMinute());
  }

  private Gateway gateway(String deployment) {
    Gateway gateway = gateways.get(deployment);
    if (gateway == null) {
      throw new IllegalStateException("no clients of " + deployment);
    }
    return gateway;
  }

  private NamespacePolicy policy() {
    NamespacePolicy declared = setup.policy();
    return Policies.wanting(declared, wanted);
  }
}
