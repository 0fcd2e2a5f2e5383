package dev.comptroller.decide.scale;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.scale.ScaleDecision.Reason;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import dev.comptroller.decide.share.Share;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How many replicas of which rung a deployment runs: as few as serve what is expected within its
/// SLO.
///
/// 1. The demand is foretold for as long as a new replica takes to serve ([DemandForecast]), with a
///    margin for what such forecasts missed lately; work that waits comes on top. Where most of
///    every minute comes in one quarter of it, that is what is asked for ([Pulse]).
/// 2. Each rung needs as many replicas as that takes at the rate that keeps its SLO. The best
///    quality that meets the target CPM serves ([RungPick]), and dwells; none that costs more than
///    the rung that is wanted most, unless `pricierFallback` ([Fallback]).
/// 3. More come at once. Fewer only when fewer have been enough for a third of the time that a
///    start takes, or for the pace's `settle` if that is longer; or at once when a fall has begun
///    that was foretold.
/// 4. The last one leaves when nobody asked for anything for `idleTimeout`, or for as long as a
///    start takes if that is longer; a request that waits brings it back.
/// 5. Work that may wait runs in idle slots; where those will not keep its windows, replicas run
///    for it as late as is safe ([Windows]).
/// 6. Borders, schedules, room and the fleet's share bound all of it. Where demand or speed are not
///    known nothing changes; what somebody set by hand stays.
///
/// Total and deterministic: the same arguments give the same decision.
public final class Autoscaler {
  /// Seconds within which work that waits is to be done.
  private static final double CATCH_UP = 60;

  /// The part of a replica that a usual hour must fill for one to be started before it is asked.
  private static final double WORTH_STARTING = 0.1;

  /// The part of a start that a replica is kept for when fewer are enough: a sixth. What would ask
  /// for it again soon is told by [#BEYOND], and that costs less than waiting.
  private static final int HELD = 6;

  /// How many starts fewer must be enough for, without anything to spare, for a replica to leave.
  private static final int LONG = 2;

  /// How many standard deviations more than what is asked for fewer must be enough for: without
  /// that a replica leaves and is started again by chance alone.
  private static final double BEYOND = 1.5;

  /// How many times as much as in its minutes is asked for in a quarter of them, to be worth
  /// telling.
  private static final double WAVES = 1.05;

  private static final Duration FARTHEST = Duration.ofMinutes(30);

  private Autoscaler() {}

  /// The decision at `now`.
  public static ScaleDecision next(
      ScaleSeen seen, ScalePolicy policy, ScaleState state, Instant now) {
    return new Round(seen, policy, state, now).decide();
  }

  /// One decision.
  private static final class Round {
    private final ScaleSeen seen;
    private final ScalePolicy policy;
    private final ScaleState state;
    private final Instant now;
    private final Map<String, String> dearer;
    private final List<Variant> admissible;
    private final @Nullable String present;
    private final Duration start;
    private final int fewest;
    private final int most;
    private final Dispersion dispersion;

    Round(ScaleSeen seen, ScalePolicy policy, ScaleState state, Instant now) {
      this.seen = seen;
      this.policy = policy;
      this.state = state;
      this.now = now;
      dearer = Fallback.bars(seen, policy, state, now);
      admissible =
          policy.admissible().stream().filter(rung -> !dearer.containsKey(rung.name())).toList();
      present = present();
      start = start(present);
      fewest = policy.fewest(now, start);
      most = policy.most();
      DemandSeen demand = seen.demand();
      dispersion = demand == null ? Dispersion.UNKNOWN : Dispersion.of(demand.requests());
    }

    /// The rung that was chosen last if it may still serve, else the first that can.
    private @Nullable String present() {
      return admissible.stream()
          .map(Variant::name)
          .filter(name -> name.equals(state.variant()))
          .filter(this::canRun)
          .findFirst()
          .orElseGet(this::best);
    }

    /// The first rung that may serve and can run; absent if none can.
    private @Nullable String best() {
      return admissible.stream().map(Variant::name).filter(this::canRun).findFirst().orElse(null);
    }

    private boolean canRun(String name) {
      return seen.rung(name).filter(rung -> rung.obstacle() == null).isPresent();
    }

    private Duration start(@Nullable String variant) {
      Duration known =
          Optional.ofNullable(variant)
              .flatMap(seen::rung)
              .map(RungSeen::start)
              .orElse(policy.pace().start());
      return known.compareTo(FARTHEST) > 0 ? FARTHEST : known;
    }

    ScaleDecision decide() {
      Integer asked = policy.asked();
      if (present == null) {
        return kept(Reason.NoSignal, clamp(last()), none());
      }
      if (asked != null) {
        return kept(
            Reason.SetByOwner,
            policy.deployment().scaling().clamp(asked),
            "spec.replicas is %d".formatted(asked));
      }
      DemandSeen demand = seen.demand();
      if (demand == null) {
        int floor = Math.max(last(), fewest);
        return fewest == most
            ? kept(Reason.Fixed, fewest, "%d replicas, no more and no fewer".formatted(fewest))
            : kept(
                Reason.NoSignal,
                clamp(floor),
                "what is asked for is not known: %d replicas stay".formatted(clamp(floor)));
      }
      return follow(demand);
    }

    private String none() {
      List<String> bars = new ArrayList<>();
      dearer.forEach((name, why) -> bars.add(name + " is " + why));
      return "0 of %d rungs can run%s"
          .formatted(
              policy.deployment().ladder().size(),
              bars.isEmpty() ? "" : ": " + String.join("; ", bars));
    }

    /// What it ran, or would run before it decided anything.
    private int last() {
      return state.variant() == null ? fewest : state.replicas();
    }

    private int clamp(int replicas) {
      return Math.clamp(replicas, fewest, Math.max(fewest, most));
    }

    private ScaleDecision kept(Reason because, int wanted, String why) {
      String first = because == Reason.SetByOwner ? best() : present;
      Share share = seen.share();
      boolean less = share != null && share.variant().equals(first) && share.replicas() < wanted;
      int replicas = share != null && less ? share.replicas() : wanted;
      Reason reason = less ? Reason.Shared : because;
      ScaleState next = first == null ? state : state.with(first, replicas, now);
      String summary =
          share != null && less
              ? share.message()
              : first == null ? why : "%d x %s: %s".formatted(replicas, first, why);
      return new ScaleDecision(
          first,
          replicas,
          reason,
          replicas,
          new Explanation(summary, binding(reason, null), candidates(List.of(), first, null)),
          null,
          null,
          // What was needed while nothing was known is not known either.
          new ScaleState(next.variant(), next.replicas(), next.chosen(), null, List.of()),
          wake(null),
          Wishing.kept(admissible, seen, first, wanted),
          seen.rung(first == null ? "" : first)
              .map(RungSeen::perReplica)
              .map(price -> floor(price, null))
              .orElse(null));
    }

    private ScaleDecision.@Nullable Floor floor(HourlyRate perReplica, @Nullable Long needed) {
      return Floors.of(policy, fewest, perReplica, needed, policy.schedule(now, start));
    }

    /// Follows a demand that is known.
    private ScaleDecision follow(DemandSeen asked) {
      DemandSeen demand = asked.atItsBusiest();
      Duration ahead = start.plus(policy.pace().look());
      double odds = DemandForecast.odds(policy.attainment(), policy.surplus());
      Duration daily = comesByChange() ? ahead.plus(start) : ahead;
      DemandOutlook outlook = DemandForecast.of(demand, ahead, daily, odds, now);
      Capacity need = need(demand, outlook, 1);
      List<RungNeed> all = needs(policy.deployment().ladder(), need);
      List<Variant> allowed = allowed();
      List<RungNeed> may = all.stream().filter(each -> allowed.contains(each.variant())).toList();
      @Nullable TargetGoal goal = goal(asked);
      // The rung is chosen by what is asked for now: a margin for what may come changes none.
      List<RungNeed> present = needs(allowed, Capacity.exactly(demand.latest()));
      @Nullable RungNeed best = RungPick.of(present, goal, state.variant());
      @Nullable RungNeed liked = same(may, best);
      @Nullable RungNeed pick = shared(may).orElseGet(() -> same(may, dwelling(present, best)));
      if (pick == null) {
        return kept(
            Reason.SpeedUnknown,
            clamp(Math.max(last(), active(demand, outlook, null) || queued(demand) ? 1 : 0)),
            "what one replica serves is not known");
      }
      return count(demand, outlook, all, may, goal, liked, pick);
    }

    /// Whether another rung serves than the one that was chosen, because money is short: more
    /// replicas may then come by a change of rung, for which weights are read first. That takes no
    /// longer than a start.
    private boolean comesByChange() {
      boolean chosen = seen.rung(present == null ? "" : present).stream().anyMatch(Round::runs);
      return !chosen && seen.rungs().stream().anyMatch(Round::runs);
    }

    private static boolean runs(RungSeen rung) {
      return rung.running() > 0;
    }

    /// Tokens a second that there must be capacity for, if so many times as much comes as is
    /// expected.
    private Capacity need(DemandSeen demand, DemandOutlook outlook, double times) {
      double waits = demand.backlog() / CATCH_UP;
      return new Capacity(
          times * outlook.usually() + waits,
          times * outlook.need() + waits,
          dispersion.chance(Surplus.DELAYS_ALL),
          dispersion.chance(policy.surplus()));
    }

    /// The most that was needed for so long, or what it wanted last where it does not know so much.
    private int needed(ScaleState next, Duration time) {
      boolean known = next.since() != null && !now.isBefore(next.since().plus(time));
      int most = next.most(now.minus(time));
      return known ? most : Math.max(last(), most);
    }

    /// Replicas that would be enough if as much more came as chance makes.
    private int beyondChance(DemandSeen demand, DemandOutlook outlook, RungNeed pick) {
      Capacity more = need(demand, outlook, 1 + chance(demand));
      return (int) RungNeed.replicas(pick.seen(), more);
    }

    /// The part of a demand that may be there or not by chance.
    private static double chance(DemandSeen demand) {
      double[] minutes = demand.minutes().stream().mapToDouble(Double::doubleValue).toArray();
      double deviation = Scatter.perRoot(minutes) / Math.sqrt(Math.max(1, demand.latest()));
      return Math.min(1, BEYOND * deviation);
    }

    /// The rung of its share; empty if it has none.
    private Optional<RungNeed> shared(List<RungNeed> may) {
      Share share = seen.share();
      return may.stream()
          .filter(each -> share != null && each.variant().name().equals(share.variant()))
          .findFirst();
    }

    private static @Nullable RungNeed same(List<RungNeed> may, @Nullable RungNeed pick) {
      return may.stream()
          .filter(each -> pick != null && each.variant().equals(pick.variant()))
          .findFirst()
          .orElse(null);
    }

    /// What each known rung of `rungs` needs, one replica at least.
    private List<RungNeed> needs(List<Variant> rungs, Capacity need) {
      return RungPick.needs(rungs, seen, need, Math.max(1, fewest), Math.max(1, most));
    }

    /// The rungs that may serve: those of the first one's quality alone where nobody may go lower.
    private List<Variant> allowed() {
      return policy.downgradeAllowed() || admissible.isEmpty()
          ? admissible
          : admissible.stream()
              .filter(v -> v.quality().compareTo(admissible.getFirst().quality()) == 0)
              .toList();
    }

    private @Nullable TargetGoal goal(DemandSeen demand) {
      Cpm target = policy.deployment().targetCpm();
      int minutes = Math.clamp(policy.targetWindow().toMinutes(), 1, 24 * 60);
      double mean = demand.mean(minutes);
      return target == null || mean <= 0 ? null : new TargetGoal(target, mean);
    }

    /// The rung that was chosen last, while it dwells and can serve.
    private @Nullable RungNeed dwelling(List<RungNeed> may, @Nullable RungNeed pick) {
      boolean dwells = policy.pace().dwells(state.chosen(), now);
      return may.stream()
          .filter(each -> each.variant().name().equals(state.variant()))
          .filter(_ -> dwells)
          .findFirst()
          .orElse(pick);
    }

    /// Whether anybody asks for it, or is about to.
    private boolean active(DemandSeen demand, DemandOutlook outlook, @Nullable RungNeed pick) {
      Instant last = demand.lastRequest();
      Instant asked = last != null ? last : state.since() == null ? now : state.since();
      boolean lately = now.isBefore(asked.plus(hold()));
      boolean soon = pick != null && outlook.isForetold() && outlook.peak() >= worthStarting(pick);
      boolean never = last == null && last() == 0;
      return demand.waiting() > 0
          || (last == null && demand.latest() > 0)
          || (lately && !never)
          || soon;
    }

    /// Tokens a second that an hour must be expected to ask for, for a replica to be started.
    private static double worthStarting(RungNeed pick) {
      return WORTH_STARTING * pick.safe().thousandths() / 1000.0;
    }

    /// How long it stays up without a request: as long as a start costs, at least.
    private Duration hold() {
      return start.compareTo(policy.idleTimeout()) > 0 ? start : policy.idleTimeout();
    }

    /// For how long fewer must have been enough before one leaves.
    private Duration enough() {
      Duration part = start.dividedBy(HELD);
      return part.compareTo(policy.pace().settle()) > 0 ? part : policy.pace().settle();
    }

    /// For how long, where there is nothing to spare.
    private Duration lasting() {
      return start.multipliedBy(LONG);
    }

    private ScaleDecision count(
        DemandSeen demand,
        DemandOutlook outlook,
        List<RungNeed> all,
        List<RungNeed> able,
        @Nullable TargetGoal goal,
        @Nullable RungNeed liked,
        RungNeed pick) {
      String name = pick.variant().name();
      boolean active = active(demand, outlook, pick);
      long lacks = Math.max(pick.wanted(), active ? 1 : 0);
      int own = fewest == 0 && !active ? 0 : (int) Math.min(lacks, 1_000_000);
      @Nullable Windows windows = windows(pick);
      int need = Math.max(own, windows == null ? 0 : windows.from());
      Duration window = outlook.falls() ? Duration.ZERO : enough();
      ScaleState next = state.needing(need, now.minus(lasting()), now);
      boolean same = name.equals(state.variant());
      int held = 0;
      if (same && need < last()) {
        int chance = active && !outlook.falls() ? beyondChance(demand, outlook, pick) : 0;
        held = Math.max(needed(next, window), Math.min(chance, needed(next, lasting())));
      }
      int kept = same ? staying(demand, windows) : 0;
      int waits = Math.max(kept, windows == null ? 0 : windows.from());
      boolean idle = fewest == 0 && !active && waits == 0;
      int wanted = idle ? 0 : Math.max(Math.max(need, held), kept);
      int room = Math.max(pick.seen().running() + pick.seen().room(), same ? last() : 0);
      Share share = seen.share();
      int may = share == null ? Integer.MAX_VALUE : share.replicas();
      int floor = Math.min(fewest, may);
      int replicas =
          Math.clamp(wanted, floor, Math.max(floor, Math.min(Math.min(most, room), may)));
      boolean shared = share != null && share.lessens() && replicas >= may;
      boolean deferred = waits > own && waits >= held && replicas == wanted;
      Reason reason =
          shared
              ? Reason.Shared
              : deferred ? Reason.Deferred : reason(demand, idle, need, held, replicas, wanted);
      int would = replicas;
      List<Way> ways = Wishing.ways(liked, pick, wanted, able, goal, policy, fewest);
      if (policy.observe()) {
        replicas = clamp(last());
        name = Objects.requireNonNullElse(present, name);
        reason = Reason.Observing;
        ways = Wishing.kept(admissible, seen, name, replicas);
      }
      ScaleState after = next.with(name, replicas, now);
      return new ScaleDecision(
          name,
          replicas,
          reason,
          would,
          new Explanation(
              summary(pick, outlook, demand, windows, replicas, would, reason),
              binding(reason, pick),
              candidates(able, name, goal)),
          outlook,
          goal == null || replicas == 0
              ? null
              : goal.judge(pick, would, order(all, able), able.size(), fewest),
          after,
          wake(demand),
          ways,
          floor(pick.perReplica(), lacks));
    }

    private static boolean queued(DemandSeen demand) {
      return demand.due() != null && demand.due().stream().anyMatch(each -> each.tokens() > 0);
    }

    /// What work that may wait needs of a rung; absent if there is none, or if that is not known.
    /// It runs between the waves of a minute as well, so other work counts by whole minutes here.
    private @Nullable Windows windows(RungNeed pick) {
      RungSeen rung = pick.seen();
      int room = (int) Math.min(most, (long) rung.running() + rung.room());
      DemandSeen demand = seen.demand();
      return demand == null || demand.due() == null
          ? null
          : Windows.of(
              demand.due(),
              demand,
              new Windows.Setting(rung, fewest, Math.max(fewest, room), start, worthStarting(pick)),
              now);
    }

    /// How many of the replicas that it wanted last stay for work that may wait; all of them where
    /// that is not known.
    private int staying(DemandSeen demand, @Nullable Windows windows) {
      if (demand.due() == null) {
        return last();
      }
      return windows == null ? 0 : Math.min(last(), windows.until());
    }

    /// What may serve first, then the rest of the ladder.
    private static List<RungNeed> order(List<RungNeed> all, List<RungNeed> may) {
      List<RungNeed> order = new ArrayList<>(may);
      for (RungNeed each : all) {
        if (may.stream().noneMatch(other -> other.variant().equals(each.variant()))) {
          order.add(each);
        }
      }
      return order;
    }

    private Reason reason(
        DemandSeen demand, boolean idle, int need, int held, int replicas, int wanted) {
      if (fewest == most) {
        return Reason.Fixed;
      }
      if (need < fewest && replicas == fewest) {
        return Reason.Minimum;
      }
      if (replicas < wanted) {
        return replicas < most ? Reason.NoRoom : Reason.Maximum;
      }
      if (replicas > wanted) {
        return Reason.Minimum;
      }
      if (idle) {
        return Reason.Idle;
      }
      if (held > need) {
        return Reason.Settling;
      }
      return demand.waiting() > 0 ? Reason.Waiting : Reason.Demand;
    }

    private String binding(Reason reason, @Nullable RungNeed pick) {
      return switch (reason) {
        case SetByOwner -> "spec.replicas";
        case Fixed, Minimum -> minimum();
        case Maximum -> "scaling.maxReplicas %d".formatted(most);
        case NoRoom ->
            pick == null
                ? "the pool's room"
                : "the room of pool %s: %d run, %d more fit"
                    .formatted(pick.variant().pool(), pick.seen().running(), pick.seen().room());
        case Shared -> seen.share() == null ? "the fleet's share" : seen.share().why();
        case NoSignal -> "a demand that is not known";
        case SpeedUnknown -> "a speed that is not known";
        case Demand, Waiting -> "the demand";
        case Deferred -> "the windows of work that may wait";
        case Settling ->
            ("scaling down only when fewer were enough for %d s with %.1f %% to spare for chance, or"
                    + " for %d s")
                .formatted(
                    enough().toSeconds(),
                    seen.demand() == null ? 0.0 : 100 * chance(seen.demand()),
                    lasting().toSeconds());
        case Idle -> "%s %d s".formatted(ScaleDecision.IDLE, hold().toSeconds());
        case Observing -> "scaling.mode Observe";
      };
    }

    private String minimum() {
      Schedule schedule = policy.schedule(now, start);
      return schedule != null
          ? "minReplicas %d of scaling.schedules[%s]"
              .formatted(schedule.minReplicas(), schedule.name())
          : "scaling.minReplicas %d".formatted(policy.deployment().scaling().minReplicas());
    }

    private String summary(
        RungNeed pick,
        DemandOutlook outlook,
        DemandSeen demand,
        @Nullable Windows windows,
        int replicas,
        int would,
        Reason reason) {
      Share share = seen.share();
      if (reason == Reason.Shared && share != null) {
        return share.message();
      }
      String waits = demand.waiting() == 0 ? "" : ", %d requests wait".formatted(demand.waiting());
      String bunches =
          dispersion.isBunched()
              ? ", in bunches (their number varies by %.1f times its mean)"
                  .formatted(dispersion.index())
              : "";
      double times = seen.demand() == null ? 1 : seen.demand().pulse().times();
      String waves =
          times >= WAVES
              ? ", in waves (%.1f times as much in the same 15 s of every minute)".formatted(times)
              : "";
      String figures =
          "%s%s%s%s; one replica of %s serves %s tokens/s%s, so %d are needed%s"
              .formatted(
                  outlook.message(),
                  waves,
                  bunches,
                  waits,
                  pick.variant().name(),
                  pick.safe(),
                  pick.seen().measured() ? "" : " (not measured)",
                  pick.wanted(),
                  deferred(demand, windows));
      return reason == Reason.Observing
          ? "%d stay (Observe), it would run %d x %s: %s"
              .formatted(replicas, would, pick.variant().name(), figures)
          : "%d x %s for $%s/h: %s"
              .formatted(
                  replicas,
                  pick.variant().name(),
                  pick.perReplica().times(replicas).print(2),
                  figures);
    }

    private static String deferred(DemandSeen demand, @Nullable Windows windows) {
      if (demand.due() == null) {
        return "; what may wait is not known, so none leaves";
      }
      return windows == null ? "" : "; " + windows.message();
    }

    private List<Candidate> candidates(
        List<RungNeed> may, @Nullable String chosen, @Nullable TargetGoal goal) {
      List<Candidate> candidates = new ArrayList<>();
      for (Variant variant : policy.deployment().ladder()) {
        @Nullable RungSeen rung = seen.rung(variant.name()).orElse(null);
        @Nullable RungNeed need =
            may.stream().filter(each -> each.variant().equals(variant)).findFirst().orElse(null);
        candidates.add(
            new Candidate(
                variant.name(),
                variant.pool(),
                variant.quality(),
                need == null ? 0 : need.count(),
                need == null ? null : need.hourly(),
                rung == null ? null : rung.safe(),
                need == null ? null : need.marginal().orElse(null),
                variant.name().equals(chosen)
                    ? Candidate.CHOSEN
                    : verdict(variant, rung, need, goal)));
      }
      return candidates;
    }

    private String verdict(
        Variant variant,
        @Nullable RungSeen rung,
        @Nullable RungNeed need,
        @Nullable TargetGoal goal) {
      String bar = dearer.get(variant.name());
      if (bar != null) {
        return bar;
      }
      if (!admissible.contains(variant)) {
        return "below the quality floor " + policy.deployment().qualityFloor();
      }
      if (!allowed().contains(variant)) {
        return "lower than %s, and downgrade.allowed is false"
            .formatted(admissible.getFirst().name());
      }
      if (rung == null || rung.obstacle() != null) {
        return rung == null || rung.obstacle() == null ? "nothing is known of it" : rung.obstacle();
      }
      if (need == null) {
        return "what one replica serves, or its price, is not known";
      }
      if (!need.isFull()) {
        return "needs %d, has room for %d".formatted(need.wanted(), need.count());
      }
      if (goal != null && !goal.isMet(need.hourly(), false)) {
        return "target CPM allows $%s/h".formatted(goal.allowed().print(2));
      }
      return "not better than what was chosen";
    }

    private Instant wake(@Nullable DemandSeen demand) {
      Instant wake = now.plus(policy.pace().look());
      for (Schedule schedule : policy.schedules()) {
        // Replicas for a schedule are started before it begins.
        Instant next = schedule.nextChange(now.plus(start)).minus(start);
        wake = next.isAfter(now) && next.isBefore(wake) ? next : wake;
      }
      return demand == null ? now.plus(policy.pace().look()) : wake;
    }
  }
}
