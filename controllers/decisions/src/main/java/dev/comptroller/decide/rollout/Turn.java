package dev.comptroller.decide.rollout;

import dev.comptroller.decide.rollout.Facts.Failure;
import dev.comptroller.decide.rollout.RolloutSeen.Prestage.Outcome;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One call of the state machine. Each phase is one method.
final class Turn {
  private final Facts facts;
  private final Goal goal;
  private final RolloutPolicy policy;
  private final RolloutSeen seen;
  private final Instant now;

  Turn(Facts facts) {
    this.facts = facts;
    goal = facts.goal();
    policy = facts.policy();
    seen = facts.seen();
    now = facts.now();
  }

  /// What a phase came to, before weights and intents are worked out.
  private record Move(RolloutState state, String reason, String why, @Nullable Instant wake) {}

  Step next(RolloutState state) {
    Move move = move(state);
    RolloutState weighed = Weights.of(move.state(), facts);
    return new Step(weighed, Intents.of(weighed, seen), move.reason(), move.why(), move.wake());
  }

  private Move move(RolloutState state) {
    Change change = state.change();
    if (goal.replicas() == 0) {
      return suspend(state, change);
    }
    if (change == null) {
      return steady(state);
    }
    String to = change.to();
    if (to == null) {
      return soon(state.withChange(null), "Resume", "%d replicas are paid for again");
    }
    if (!goal.variant().equals(to) && mayTurn(change)) {
      return turned(state, change, to);
    }
    return switch (change.phase()) {
      case Prestage -> prestage(state, change, to);
      case Break -> makeRoom(state, change, to);
      case Start -> start(state, change, to);
      case Warm -> warm(state, change, to);
      case Canary -> canary(state, change, to);
      case Shift -> shift(state, change, to);
      case Drain -> drain(state, change, to);
      case Release, Suspend -> release(state, change, to);
    };
  }

  // ---- steady ----------------------------------------------------------------------------------

  private Move steady(RolloutState state) {
    String serving = state.serving();
    if (serving == null) {
      return settled(state.withServing(goal.variant()));
    }
    if (serving.equals(goal.variant())) {
      return settled(state);
    }
    if (facts.isHopeless(serving)) {
      RolloutState cold = state.withServing(goal.variant()).changedAt(now).withBackOff(null);
      return settled(cold);
    }
    Leg leg = state.leg(serving).orElse(null);
    int running = leg == null ? 0 : leg.replicas();
    RolloutState kept = sweep(facts.ask(state, serving, running), serving);
    Optional<Move> held = held(kept, serving);
    return held.orElseGet(() -> begin(kept, serving, running));
  }

  /// One variant and nothing else.
  private Move settled(RolloutState state) {
    String serving = Objects.requireNonNull(state.serving());
    BackOff backOff = state.backOff();
    RolloutState alone = sweep(state, serving);
    if (backOff != null && backOff.variant().equals(serving)) {
      alone = alone.withBackOff(null);
    }
    int now = alone.leg(serving).map(Leg::replicas).orElse(0);
    int paid = (goal.replicas() + (alone.legs().size() > 1 ? goal.surge() : 0));
    int fit = facts.fit(alone, serving, paid * seen.of(serving).gpus());
    int ask = Math.clamp(goal.replicas(), 0, Math.max(fit, Math.min(now, goal.replicas())));
    return new Move(
        facts.ask(alone, serving, ask),
        Step.STEADY,
        "%s serves with %d of %d replicas ready"
            .formatted(serving, seen.of(serving).ready(), goal.replicas()),
        null);
  }

  /// Lets every variant but `kept` go, and forgets it when it is gone.
  private RolloutState sweep(RolloutState state, String kept) {
    RolloutState next = state;
    for (Leg leg : state.legs()) {
      if (!leg.variant().equals(kept)) {
        next = leave(next, leg.variant());
      }
    }
    return next;
  }

  private RolloutState leave(RolloutState state, String variant) {
    RolloutState asked = facts.ask(state, variant, 0);
    Leg leg = asked.leg(variant).orElseThrow();
    boolean known = seen.of(variant).revision() >= leg.revision() || !seen.of(variant).exists();
    return known && facts.held(leg) == 0 ? asked.without(variant) : asked;
  }

  /// What keeps a change from beginning now.
  private Optional<Move> held(RolloutState state, String serving) {
    String to = goal.variant();
    BackOff backOff = state.backOff();
    if (backOff != null && backOff.variant().equals(to) && now.isBefore(backOff.until())) {
      return Optional.of(
          new Move(
              state,
              Step.BACK_OFF,
              "%s serves: try %d to reach %s failed (%s: %s); next try at %s"
                  .formatted(
                      serving,
                      backOff.attempt(),
                      to,
                      backOff.reason(),
                      backOff.message(),
                      backOff.until()),
              backOff.until()));
    }
    Instant last = state.lastChange();
    if (last != null && !last.isAfter(now) && now.isBefore(last.plus(policy.dwell()))) {
      Instant until = last.plus(policy.dwell());
      return Optional.of(
          new Move(
              state,
              Step.DWELL,
              "%s serves at least %d s, until %s"
                  .formatted(serving, policy.dwell().toSeconds(), until),
              until));
    }
    if (hasRoom(to) || policy.breakBeforeMake()) {
      return Optional.empty();
    }
    String lack =
        goal.surge() == 0
            ? "0 replicas of %s are paid for beside it".formatted(to)
            : "the pool has room for 0 replicas of %s (%d GPUs each) beside it"
                .formatted(to, seen.of(to).gpus());
    return Optional.of(
        new Move(
            state,
            Step.NO_ROOM,
            "%s keeps serving: %s; add nodes, or set downgrade.breakBeforeMake"
                .formatted(serving, lack),
            null));
  }

  private boolean hasRoom(String to) {
    return goal.surge() > 0 && (seen.of(to).room() > 0 || seen.of(to).placed() > 0);
  }

  private Move begin(RolloutState state, String from, int running) {
    String to = goal.variant();
    BackOff backOff = state.backOff();
    int attempt = backOff != null && backOff.variant().equals(to) ? backOff.attempt() + 1 : 1;
    boolean broken = !hasRoom(to);
    int before = running * seen.of(from).gpus();
    int bound =
        broken
            ? Math.max(before, goal.replicas() * seen.of(to).gpus())
            : before + Math.min(goal.surge(), goal.replicas()) * seen.of(to).gpus();
    Phase first = policy.prestage() ? Phase.Prestage : afterPrestage(broken);
    Change change =
        new Change(
            first,
            from,
            to,
            now,
            now,
            attempt,
            0,
            running,
            goal.replicas(),
            bound,
            false,
            broken,
            goal.reason());
    return soon(
        state.withChange(change), first, "from %s to %s, try %d".formatted(from, to, attempt));
  }

  private static Phase afterPrestage(boolean broken) {
    return broken ? Phase.Break : Phase.Start;
  }

  // ---- a change --------------------------------------------------------------------------------

  private Move prestage(RolloutState state, Change change, String to) {
    RolloutState kept = keepFrom(state, change);
    RolloutSeen.Prestage reader = seen.prestage();
    if (reader.variant().equals(to) && reader.outcome() == Outcome.Failed) {
      return fail(kept, change, new Failure("PrestageFailed", reader.message()));
    }
    if (reader.variant().equals(to) && reader.outcome() == Outcome.Done) {
      return enter(kept, change, afterPrestage(change.broken()));
    }
    return overdue(change)
        ? fail(kept, change, late(change, "the weights are not read"))
        : stay(kept, change, "weights of %s are read".formatted(to), limit(change));
  }

  private Move makeRoom(RolloutState state, Change change, String to) {
    int needed = Math.ceilDiv(seen.of(to).gpus(), seen.of(change.from()).gpus());
    int left = Math.max(0, change.fromReplicas() - needed);
    RolloutState asked = facts.ask(state, change.from(), left);
    Leg leg = asked.leg(change.from()).orElseThrow();
    return facts.held(leg) <= left
        ? enter(asked, change, Phase.Start)
        : stay(
            asked,
            change,
            "%d of %d replicas of %s make room"
                .formatted(change.fromReplicas() - left, change.fromReplicas(), change.from()),
            null);
  }

  private Move start(RolloutState state, Change change, String to) {
    RolloutState asked = grow(keepFrom(state, change), change, to);
    VariantSeen variant = seen.of(to);
    int wanted = asked.leg(to).map(Leg::replicas).orElse(0);
    Optional<Failure> failure = trial(change, to);
    if (failure.isPresent()) {
      return fail(asked, change, failure.get());
    }
    int enough = change.rollback() ? Math.min(1, wanted) : wanted;
    if (enough > 0 && variant.ready() >= enough) {
      return enter(asked, change, change.rollback() ? Phase.Shift : Phase.Warm);
    }
    if (!change.rollback() && facts.passed(change.since(), policy.placeLimit())) {
      int homeless = wanted == 0 ? 1 : (int) unscheduled(variant);
      if (homeless > 0) {
        return fail(
            asked,
            change,
            new Failure(
                Step.NO_ROOM,
                "%d of %d replicas of %s found no node in %d s"
                    .formatted(homeless, Math.max(1, wanted), to, since(change))));
      }
    }
    return overdue(change)
        ? fail(
            asked,
            change,
            late(change, "%d of %d replicas are ready".formatted(variant.ready(), wanted)))
        : stay(
            asked,
            change,
            "%d of %d replicas of %s ready".formatted(variant.ready(), wanted, to),
            earlier(change.since().plus(policy.placeLimit()), limit(change)));
  }

  private static long unscheduled(VariantSeen variant) {
    return variant.replicas().stream()
        .filter(r -> r.state() == RolloutSeen.ReplicaState.Unscheduled)
        .count();
  }

  private Move warm(RolloutState state, Change change, String to) {
    RolloutState kept = keepFrom(state, change);
    int wanted = kept.leg(to).map(Leg::replicas).orElse(0);
    Optional<Failure> failure = trial(change, to);
    if (failure.isPresent()) {
      return fail(kept, change, failure.get());
    }
    int warm = seen.of(to).warm();
    if (warm >= wanted && wanted > 0) {
      boolean plain = change.broken() || policy.canaryPercent() == 0;
      return enter(
          kept,
          plain ? change : change.withShare(policy.canaryPercent(), now),
          plain ? Phase.Shift : Phase.Canary);
    }
    return overdue(change)
        ? fail(kept, change, late(change, "%d of %d replicas answered".formatted(warm, wanted)))
        : stay(
            kept,
            change,
            "%d of %d replicas of %s answered a request".formatted(warm, wanted, to),
            limit(change));
  }

  private Move canary(RolloutState state, Change change, String to) {
    RolloutState kept = keepFrom(state, change);
    Optional<Failure> failure = trial(change, to).or(() -> facts.worse(change.from(), to));
    if (failure.isPresent()) {
      return fail(kept, change, failure.get());
    }
    return facts.passed(change.since(), policy.canaryTime())
        ? enter(kept, change, Phase.Shift)
        : stay(
            kept,
            change,
            "%d %% of the requests go to %s".formatted(change.share(), to),
            change.since().plus(policy.canaryTime()));
  }

  private Move shift(RolloutState state, Change change, String to) {
    if (change.rollback()) {
      return seen.of(to).ready() > 0
          ? arrive(state, change, to)
          : stay(state, change, "0 replicas of %s ready".formatted(to), null);
    }
    Optional<Failure> failure = trial(change, to).or(() -> facts.worse(change.from(), to));
    if (failure.isPresent()) {
      return fail(state, change, failure.get());
    }
    RolloutState asked = grow(shrinkFrom(state, change, to), change, to);
    int wanted = asked.leg(to).map(Leg::replicas).orElse(0);
    int warm = seen.of(to).warm();
    Instant due = change.since().plus(policy.stepTime());
    if (warm < wanted) {
      return overdue(change)
          ? fail(asked, change, late(change, "%d of %d replicas answered".formatted(warm, wanted)))
          : stay(
              asked,
              change,
              "%d %% of the requests go to %s; %d of %d replicas answered one"
                  .formatted(change.share(), to, warm, wanted),
              limit(change));
    }
    if (now.isBefore(due)) {
      return stay(
          asked, change, "%d %% of the requests go to %s".formatted(change.share(), to), due);
    }
    int share = nextShare(change.share());
    return share < 100
        ? soon(
            asked.withChange(change.withShare(share, now)),
            Phase.Shift,
            "%d %% of the requests go to %s".formatted(share, to))
        : arrive(asked, change, to);
  }

  private static int nextShare(int share) {
    return share < 25 ? 25 : share < 50 ? 50 : share < 75 ? 75 : 100;
  }

  /// All traffic is with `to` from now on.
  private Move arrive(RolloutState state, Change change, String to) {
    return enter(state.withServing(to).changedAt(now), change.withShare(100, now), Phase.Drain);
  }

  private Move drain(RolloutState state, Change change, String to) {
    if (seen.of(to).ready() == 0 && seen.of(change.from()).ready() > 0) {
      // The old variant serves once more, so it has nothing to finish yet.
      return stay(
          state.withChange(change.withShare(100, now)),
          change,
          "0 replicas of %s ready: %s serves once more".formatted(to, change.from()),
          null);
    }
    RolloutState asked = grow(state, change, to);
    if (facts.isDrained(change.from(), change.since())) {
      return enter(facts.ask(asked, change.from(), 0), change, Phase.Release);
    }
    return stay(
        asked,
        change,
        "%d requests in flight at %s".formatted(facts.inFlight(change.from()), change.from()),
        change.since().plus(policy.drainLimit()));
  }

  private Move release(RolloutState state, Change change, String to) {
    RolloutState left = leave(state, change.from());
    if (left.leg(change.from()).isPresent()) {
      return stay(
          grow(left, change, to),
          change,
          "%d replicas of %s are left"
              .formatted(seen.of(change.from()).replicas().size(), change.from()),
          null);
    }
    BackOff backOff = state.backOff();
    boolean reached = backOff != null && backOff.variant().equals(to);
    RolloutState done = facts.ask(left, to, wanted(change, to)).withChange(null);
    return new Move(
        (reached ? done.withBackOff(null) : done).changedAt(now),
        Step.STEADY,
        "%s serves; it took %d s"
            .formatted(to, Duration.between(change.started(), now).toSeconds()),
        now);
  }

  // ---- the way back ----------------------------------------------------------------------------

  private static boolean mayTurn(Change change) {
    return !change.rollback() && change.phase() != Phase.Release;
  }

  /// The goal changed on the way.
  private Move turned(RolloutState state, Change change, String to) {
    boolean back = goal.variant().equals(change.from());
    if (!back && change.phase().isMoving()) {
      // A third variant: this change ends first.
      return switch (change.phase()) {
        case Shift -> shift(state, change, to);
        case Drain -> drain(state, change, to);
        case Release, Prestage, Break, Start, Warm, Canary, Suspend -> release(state, change, to);
      };
    }
    return undo(state, change, to, "GoalChanged");
  }

  private Move undo(RolloutState state, Change change, String to, String reason) {
    Change back =
        new Change(
            Phase.Start,
            to,
            change.from(),
            now,
            now,
            1,
            0,
            state.leg(to).map(Leg::replicas).orElse(0),
            change.fromReplicas(),
            change.gpuBound(),
            true,
            false,
            reason);
    RolloutState turned = state.withServing(change.from()).withChange(back).rolledBack();
    RolloutState asked = state.leg(to).isPresent() ? keepFrom(turned, back) : turned;
    return soon(
        grow(asked, back, change.from()),
        Phase.Start,
        "back from %s to %s: %s".formatted(to, change.from(), reason));
  }

  private Move fail(RolloutState state, Change change, Failure failure) {
    String to = Objects.requireNonNull(change.to());
    if (change.rollback()) {
      // There is nothing to go back to: this is the way back.
      return stay(state, change, failure.message(), now.plus(policy.firstBackOff()));
    }
    BackOff backOff =
        new BackOff(
            to,
            change.attempt(),
            now.plus(policy.backOff(change.attempt())),
            failure.reason(),
            failure.message());
    return undo(state.withBackOff(backOff), change, to, failure.reason());
  }

  // ---- suspension ------------------------------------------------------------------------------

  private Move suspend(RolloutState state, @Nullable Change change) {
    String serving = state.serving() == null ? goal.variant() : state.serving();
    if (change != null && change.to() == null) {
      return suspending(state.withServing(serving), change, serving);
    }
    boolean runs = state.legs().stream().anyMatch(leg -> leg.replicas() > 0 || facts.held(leg) > 0);
    if (!runs) {
      RolloutState rest = sweep(state, goal.variant());
      return new Move(
          facts.ask(rest.withServing(goal.variant()).withChange(null), goal.variant(), 0),
          Step.STEADY,
          "0 replicas of %s asked for".formatted(goal.variant()),
          null);
    }
    int running = state.leg(serving).map(Leg::replicas).orElse(0);
    Change leaving =
        new Change(
            Phase.Suspend,
            serving,
            null,
            now,
            now,
            1,
            0,
            running,
            0,
            0,
            false,
            false,
            goal.reason());
    return soon(
        state.withServing(serving).withChange(leaving),
        Phase.Suspend,
        "%d replicas of %s finish what they have".formatted(running, serving));
  }

  private Move suspending(RolloutState state, Change change, String serving) {
    boolean drained =
        state.legs().stream().allMatch(l -> facts.isDrained(l.variant(), change.since()))
            || state.legs().stream().allMatch(l -> l.replicas() == 0);
    if (!drained) {
      long inFlight = state.legs().stream().mapToLong(l -> facts.inFlight(l.variant())).sum();
      return stay(
          state,
          change,
          "%d requests in flight".formatted(inFlight),
          change.since().plus(policy.drainLimit()));
    }
    RolloutState asked = state;
    for (Leg leg : state.legs()) {
      asked =
          leg.variant().equals(serving)
              ? facts.ask(asked, serving, 0)
              : leave(asked, leg.variant());
    }
    boolean gone = asked.legs().stream().allMatch(leg -> facts.held(leg) == 0);
    return gone
        ? new Move(asked.withChange(null), Step.STEADY, "0 replicas run", now)
        : stay(asked, change, "replicas leave", null);
  }

  // ---- pieces ----------------------------------------------------------------------------------

  /// The old variant keeps what it has, and at the way back lets go of what serves nobody.
  private RolloutState keepFrom(RolloutState state, Change change) {
    if (!change.rollback()) {
      int left = state.leg(change.from()).map(Leg::replicas).orElse(change.fromReplicas());
      return facts.ask(state, change.from(), left);
    }
    boolean serves = seen.of(change.from()).ready() > 0;
    return facts.ask(state, change.from(), serves ? change.fromReplicas() : 0);
  }

  /// Asks for as many replicas of `to` as are wanted, paid for and have room; never for fewer than
  /// before.
  private RolloutState grow(RolloutState state, Change change, String to) {
    int now = state.leg(to).map(Leg::replicas).orElse(0);
    int wanted = wanted(change, to);
    VariantSeen variant = seen.of(to);
    int room = variant.placed() + variant.room();
    int fit = Math.min(facts.fit(state, to, change.gpuBound()), Math.max(room, now));
    int ask = Math.min(wanted, Math.max(now, fit));
    return facts.ask(state, to, ask);
  }

  /// Lets replicas of the old variant go whose share of the traffic has moved, where the new ones
  /// lack their GPUs.
  private RolloutState shrinkFrom(RolloutState state, Change change, String to) {
    int has = state.leg(to).map(Leg::replicas).orElse(0);
    int left = state.leg(change.from()).map(Leg::replicas).orElse(0);
    if (has >= wanted(change, to)) {
      return facts.ask(state, change.from(), left);
    }
    int needed = Math.ceilDiv(change.fromReplicas() * (100 - change.share()), 100);
    return facts.ask(state, change.from(), Math.min(left, Math.max(1, needed)));
  }

  private int wanted(Change change, String to) {
    return goal.variant().equals(to) ? goal.replicas() : change.wanted();
  }

  private Optional<Failure> trial(Change change, String to) {
    return facts.failure(to, !change.rollback());
  }

  private boolean overdue(Change change) {
    return facts.passed(change.since(), policy.startLimit());
  }

  private Instant limit(Change change) {
    return change.since().plus(policy.startLimit());
  }

  private long since(Change change) {
    return Duration.between(change.since(), now).toSeconds();
  }

  private Failure late(Change change, String what) {
    return new Failure("TimedOut", "%s after %d s".formatted(what, since(change)));
  }

  private Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) && one.isAfter(now) ? one : other;
  }

  private Move enter(RolloutState state, Change change, Phase phase) {
    return soon(
        state.withChange(change.in(phase, now)),
        phase,
        "from %s to %s: %s".formatted(change.from(), change.to(), phase.sentence()));
  }

  private Move soon(RolloutState state, Phase phase, String why) {
    return new Move(state, phase.name(), why, now);
  }

  private Move soon(RolloutState state, String reason, String format) {
    return new Move(state, reason, format.formatted(goal.replicas()), now);
  }

  private Move stay(RolloutState state, Change change, String why, @Nullable Instant wake) {
    Change current = state.change() == null ? change : state.change();
    return new Move(state, current.phase().name(), why, wake);
  }
}
