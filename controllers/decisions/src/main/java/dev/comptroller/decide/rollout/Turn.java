package dev.comptroller.decide.rollout;

import java.time.Instant;
import java.util.List;
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
      return new Move(
          state.withChange(null),
          "Resume",
          "%d replicas are paid for again".formatted(goal.replicas()),
          now);
    }
    return new Course(facts).move(state, change, to);
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
    int running = state.leg(serving).map(Leg::replicas).orElse(0);
    if (running == 0 || facts.isHopeless(state, serving)) {
      // Nothing serves that would have to be kept, and there is nothing to go back to.
      RolloutState cold = state.withServing(goal.variant()).changedAt(now).withBackOff(null);
      return settled(cold);
    }
    RolloutState kept = sweep(facts.ask(state, serving, running), serving);
    Optional<Move> held = held(kept, serving);
    return held.orElseGet(() -> begin(kept, serving, running));
  }

  /// One variant and nothing else.
  private Move settled(RolloutState state) {
    String serving = Objects.requireNonNull(state.serving());
    BackOff backOff = state.backOff();
    RolloutState alone = sweep(state, serving);
    boolean over =
        backOff != null && (backOff.variant().equals(serving) || !now.isBefore(backOff.until()));
    if (over) {
      alone = alone.withBackOff(null);
    }
    int running = alone.leg(serving).map(Leg::replicas).orElse(0);
    boolean beside = alone.legs().size() > 1 && goal.surge() > 0;
    int fit =
        beside
            ? goal.replicas()
            : facts.fit(alone, serving, goal.replicas() * seen.of(serving).gpus());
    int ask = Math.clamp(goal.replicas(), 0, Math.max(fit, Math.min(running, goal.replicas())));
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
        next = facts.leave(next, leg.variant());
      }
    }
    return next;
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
    int bound =
        broken
            ? Math.max(running * seen.of(from).gpus(), goal.replicas() * seen.of(to).gpus())
            : facts.beside(from, running);
    Phase first = policy.prestage() ? Phase.Prestage : Course.afterPrestage(broken);
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
    List<Past> known =
        facts.learned(state, from).past().stream()
            .filter(past -> seen.variants().containsKey(past.variant()))
            .toList();
    return soon(
        state.withPast(known).withChange(change),
        first,
        "from %s to %s, try %d".formatted(from, to, attempt));
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
    Instant finishing = change != null && change.phase() == Phase.Drain ? change.since() : now;
    Change leaving =
        new Change(
            Phase.Suspend,
            serving,
            null,
            now,
            finishing,
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
    RolloutState asked = state;
    boolean drained = true;
    for (Leg leg : state.legs()) {
      boolean serves = leg.variant().equals(serving);
      // What drained already when the suspension came gets no time anew.
      Instant since = serves ? change.since() : change.started();
      if (leg.replicas() > 0 && !facts.isDrained(leg.variant(), since)) {
        drained = false;
      } else {
        asked = serves ? facts.ask(asked, serving, 0) : facts.leave(asked, leg.variant());
      }
    }
    if (!drained) {
      long inFlight = state.legs().stream().mapToLong(l -> facts.inFlight(l.variant())).sum();
      return Move.stay(
          asked,
          Phase.Suspend,
          "%d requests in flight".formatted(inFlight),
          change.since().plus(policy.drainLimit()));
    }
    boolean gone = asked.legs().stream().allMatch(leg -> facts.held(leg) == 0);
    return gone
        ? new Move(asked.withChange(null), Step.STEADY, "0 replicas run", now)
        : Move.stay(asked, Phase.Suspend, "replicas leave", null);
  }

  private Move soon(RolloutState state, Phase phase, String why) {
    return Move.soon(state, phase, why, now);
  }
}
