package dev.comptroller.decide.rollout;

import dev.comptroller.decide.rollout.Facts.Failure;
import dev.comptroller.decide.rollout.RolloutSeen.Prestage.Outcome;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One call while a change from one variant to another is under way. Each phase is one method.
final class Course {
  /// Percent of the traffic that a variant which served well before gets for one step, before it
  /// gets all.
  private static final int PROVEN_SHARE = 50;

  private final Facts facts;
  private final Goal goal;
  private final RolloutPolicy policy;
  private final RolloutSeen seen;
  private final Instant now;

  Course(Facts facts) {
    this.facts = facts;
    goal = facts.goal();
    policy = facts.policy();
    seen = facts.seen();
    now = facts.now();
  }

  Move move(RolloutState state, Change change, String to) {
    if (!goal.variant().equals(to) && mayTurn(change)) {
      return turned(state, change, to);
    }
    if (isUnpaid(change) && seen.of(to).ready() > 0) {
      return arrive(grow(state, change, to), change, to);
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

  /// Whether the old variant is not paid for any more beside the new one, which could serve: trials
  /// and small steps would cost what nobody has.
  private boolean isUnpaid(Change change) {
    boolean tries =
        switch (change.phase()) {
          case Start, Warm, Canary, Shift -> true;
          case Prestage, Break, Drain, Release, Suspend -> false;
        };
    return tries && goal.surge() == 0 && !change.broken() && !change.rollback();
  }

  static Phase afterPrestage(boolean broken) {
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
      // A node that is still to come has the time that a start has.
      if (homeless > variant.coming()) {
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
      if (facts.isProven(kept, to) && !change.broken()) {
        return enter(kept, change.withShare(PROVEN_SHARE, now), Phase.Shift);
      }
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
        ? enter(kept, change.withShare(nextShare(change.share()), now), Phase.Shift)
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
    int share = facts.isProven(asked, to) ? 100 : nextShare(change.share());
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
      // The old variant serves once more: there is nothing to finish yet.
      return enter(state.withServing(change.from()), change.withShare(50, now), Phase.Shift);
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
    RolloutState left = facts.leave(state, change.from());
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
    RolloutState done =
        remembered(facts.ask(left, to, wanted(change, to)).withChange(null), change, to);
    return new Move(
        (reached ? done.withBackOff(null) : done).changedAt(now),
        Step.STEADY,
        "%s serves; it took %d s"
            .formatted(to, Duration.between(change.started(), now).toSeconds()),
        now);
  }

  /// With how long the change took, unless it was the way back or began without room.
  private RolloutState remembered(RolloutState state, Change change, String to) {
    Duration took = Duration.between(change.started(), now);
    return change.rollback() || change.broken() ? state : state.withPast(state.past(to).took(took));
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
    String why = "back from %s to %s: %s".formatted(to, change.from(), reason);
    if (state.leg(to).isEmpty()) {
      return new Move(state.withChange(null).rolledBack(), reason, why, now);
    }
    Change back =
        new Change(
            Phase.Start,
            to,
            change.from(),
            now,
            now,
            1,
            100 - change.effectiveShare(),
            state.leg(to).map(Leg::replicas).orElse(0),
            change.fromReplicas(),
            change.gpuBound(),
            true,
            change.broken(),
            reason);
    RolloutState turned = state.withServing(change.from()).withChange(back).rolledBack();
    RolloutState asked = keepFrom(turned, back);
    return soon(grow(asked, back, change.from()), Phase.Start, why);
  }

  private Move fail(RolloutState state, Change change, Failure failure) {
    String to = Objects.requireNonNull(change.to());
    if (change.rollback()) {
      return stuck(state, change, to, failure);
    }
    BackOff backOff =
        new BackOff(
            to,
            change.attempt(),
            now.plus(policy.backOff(change.attempt())),
            failure.reason(),
            failure.message());
    RolloutState unproven = state.withPast(state.past(to).proven(""));
    return undo(unproven.withBackOff(backOff), change, to, failure.reason());
  }

  /// The way back does not end: forward again, if that is wanted and there is something.
  private Move stuck(RolloutState state, Change change, String to, Failure failure) {
    String other = change.from();
    boolean forward = overdue(change) && goal.variant().equals(other) && seen.of(other).ready() > 0;
    if (!forward) {
      return stay(state, change, failure.message(), null);
    }
    int attempt = state.backOff() == null ? 1 : state.backOff().attempt() + 1;
    Change again =
        new Change(
            Phase.Start,
            to,
            other,
            now,
            now,
            attempt,
            0,
            state.leg(to).map(Leg::replicas).orElse(0),
            goal.replicas(),
            change.gpuBound(),
            false,
            change.broken(),
            goal.reason());
    return soon(
        state.withServing(to).withChange(again),
        Phase.Start,
        "from %s to %s, try %d".formatted(to, other, attempt));
  }

  // ---- pieces ----------------------------------------------------------------------------------

  /// The old variant keeps what it has, and at the way back lets go of what serves nobody.
  private RolloutState keepFrom(RolloutState state, Change change) {
    if (!change.rollback()) {
      return facts.ask(state, change.from(), left(state, change));
    }
    boolean none = state.leg(change.to()).map(Leg::replicas).orElse(0) == 0;
    boolean inTheWay = change.broken() && none && facts.passed(change.since(), policy.placeLimit());
    boolean stays = seen.of(change.from()).ready() > 0 && !inTheWay;
    int left = state.leg(change.from()).map(Leg::replicas).orElse(0);
    return facts.ask(state, change.from(), stays ? left : 0);
  }

  /// Replicas of the old variant that run on: those that are paid for beside the new one, if any
  /// are; the last ones stay until something else serves.
  private int left(RolloutState state, Change change) {
    int left = state.leg(change.from()).map(Leg::replicas).orElse(change.fromReplicas());
    return isPaidBeside(change) ? Math.min(left, goal.surge()) : left;
  }

  /// Whether what the change is to reach is paid for beside the old variant.
  private boolean isPaidBeside(Change change) {
    return goal.variant().equals(change.to()) && goal.surge() > 0;
  }

  /// Asks for as many replicas of `to` as are wanted, paid for and have room; never for fewer than
  /// before.
  private RolloutState grow(RolloutState state, Change change, String to) {
    int now = state.leg(to).map(Leg::replicas).orElse(0);
    int wanted = wanted(change, to);
    VariantSeen variant = seen.of(to);
    int room = variant.placed() + variant.room();
    int fit = Math.min(facts.fit(state, to, bound(change)), Math.max(room, now));
    int ask = Math.min(wanted, Math.max(now, fit));
    return facts.ask(state, to, ask);
  }

  /// Lets replicas of the old variant go whose share of the traffic has moved, where the new ones
  /// lack their GPUs.
  private RolloutState shrinkFrom(RolloutState state, Change change, String to) {
    int has = state.leg(to).map(Leg::replicas).orElse(0);
    int left = left(state, change);
    if (has >= wanted(change, to)) {
      return facts.ask(state, change.from(), left);
    }
    int needed = Math.ceilDiv(change.fromReplicas() * (100 - change.share()), 100);
    return facts.ask(state, change.from(), Math.min(left, Math.max(1, needed)));
  }

  /// GPUs that both variants may hold together: more than in the beginning if more is paid for now.
  private int bound(Change change) {
    boolean beside = isPaidBeside(change) && !change.rollback() && !change.broken();
    return beside
        ? Math.max(change.gpuBound(), facts.beside(change.from(), change.fromReplicas()))
        : change.gpuBound();
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
    return Move.soon(state, phase, why, now);
  }

  private Move stay(RolloutState state, Change change, String why, @Nullable Instant wake) {
    Change current = state.change() == null ? change : state.change();
    return Move.stay(state, current.phase(), why, wake);
  }
}
