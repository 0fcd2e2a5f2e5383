package dev.comptroller.decide.downgrade;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Chooses the rung to serve under an allowance.
///
/// 1. A rung may serve if nothing bars it: the quality floor; a missing permission to downgrade;
///    an obstacle such as a pool without room; that it costs more than the rung the owner wants
///    most, unless `pricierFallback`; the dwell of the active rung; a transition that costs what
///    it saves. The last two bind only while the active rung itself may serve. Rungs above the
///    ceiling of the heat ladder are barred; the active one only if a rung below may take over.
/// 2. Of those, the best whose needed replicas the allowance pays for serves, unless a better one
///    keeps more quality-weighted tokens with the replicas that are paid for: its quality times
///    the part of the needed replicas. To climb, a rung has to leave the climb margin free.
/// 3. Where none can serve all of the demand, the one serves that keeps most quality-weighted
///    tokens; among equals, the better.
public final class Rungs {
  private Rungs() {}

  private record Pick(Option option, int replicas) {}

  /// The choice under `allowed` at `now`.
  public static RungChoice choose(RungPolicy policy, HourlyRate allowed, Instant now) {
    List<@Nullable String> bars = bars(policy, now);
    List<Option> free = free(policy, bars);
    Optional<Pick> pick = pick(policy, free, allowed);
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < bars.size(); i++) {
      candidates.add(candidate(policy, i, bars.get(i), pick, allowed));
    }
    Optional<Option> unbound = unbound(policy);
    String withoutBudget = withoutBudget(unbound, pick);
    if (pick.isEmpty()) {
      return refusal(policy, free, candidates, allowed, withoutBudget);
    }
    Pick made = pick.get();
    Candidate chosen = candidates.get(policy.ladder().indexOf(made.option()));
    String summary =
        made.replicas() < made.option().replicas()
            ? "%s; the demand needs %d".formatted(chosen.line(), made.option().replicas())
            : chosen.line();
    Explanation explanation =
        new Explanation(summary, binding(policy, bars, made, unbound), candidates);
    return new RungChoice.Serve(made.option(), made.replicas(), explanation, withoutBudget);
  }

  /// The rungs that may serve at `now` if they are paid for, best first.
  public static List<Option> free(RungPolicy policy, Instant now) {
    return free(policy, bars(policy, now));
  }

  private static List<Option> free(RungPolicy policy, List<@Nullable String> bars) {
    List<Option> free = new ArrayList<>();
    for (int i = 0; i < bars.size(); i++) {
      if (bars.get(i) == null) {
        free.add(policy.ladder().get(i));
      }
    }
    return free;
  }

  private static List<@Nullable String> bars(RungPolicy policy, Instant now) {
    List<@Nullable String> bars = new ArrayList<>();
    boolean below = false;
    for (int i = 0; i < policy.ladder().size(); i++) {
      @Nullable String bar = bar(policy, policy.ladder().get(i), now);
      bars.add(bar);
      below |= bar == null && i >= policy.ceiling();
    }
    for (int i = 0; i < policy.ceiling(); i++) {
      boolean active = policy.ladder().get(i).variant().equals(policy.active());
      if (bars.get(i) == null && (below || !active)) {
        bars.set(
            i,
            "the heat ladder asks for %s or lower"
                .formatted(policy.ladder().get(policy.ceiling()).variant()));
      }
    }
    return bars;
  }

  private static RungChoice refusal(
      RungPolicy policy,
      List<Option> free,
      List<Candidate> candidates,
      HourlyRate allowed,
      String withoutBudget) {
    if (free.isEmpty()) {
      String summary = "0 of %d rungs may serve".formatted(policy.ladder().size());
      Explanation explanation = new Explanation(summary, "ladder", candidates);
      return new RungChoice.Barred(explanation, withoutBudget);
    }
    HourlyRate least =
        free.stream()
            .map(option -> option.perReplica().times(Math.max(1, policy.minReplicas())))
            .min(HourlyRate::compareTo)
            .orElseThrow();
    String summary =
        "$%s/h allowed, but the cheapest rung that may serve costs $%s/h"
            .formatted(allowed.print(2), least.print(2));
    return new RungChoice.Unaffordable(
        new Explanation(summary, "allowed $/hour", candidates), withoutBudget);
  }

  /// Why a rung may not serve, whatever the allowance; null if it may.
  private static @Nullable String bar(RungPolicy policy, Option option, Instant now) {
    @Nullable String own = presentBar(policy, option, now);
    Optional<Option> active = policy.activeOption();
    if (own != null || active.isEmpty() || active.get().equals(option)) {
      return own;
    }
    if (presentBar(policy, active.get(), now) != null) {
      return null;
    }
    Duration left =
        policy.isClimb(option)
            ? policy.steadiness().leftToClimb(now)
            : policy.steadiness().left(now);
    if (!left.isZero()) {
      return "dwell: %s serves for another %d s".formatted(policy.active(), left.toSeconds());
    }
    Duration least = policy.transition().overlap().plus(policy.steadiness().dwell());
    if (policy.isClimb(option) && policy.rest().compareTo(least) < 0) {
      return "the period ends in %d s, less than the %d s that a change and its dwell take"
          .formatted(policy.rest().toSeconds(), least.toSeconds());
    }
    if (policy.isDowngrade(option)) {
      Transition.Verdict verdict =
          policy.transition().judge(active.get().hourly(), option.hourly(), policy.rest());
      return switch (verdict) {
        case Transition.Worthwhile(_, _, _) -> null;
        case Transition.Refused(_, _, String message) -> "transition: " + message;
      };
    }
    return null;
  }

  /// Why a rung may not serve by itself; what became the dearer one after it was chosen is not left
  /// for that before its dwell is over.
  private static @Nullable String presentBar(RungPolicy policy, Option option, Instant now) {
    boolean dwells =
        option.variant().equals(policy.active()) && !policy.steadiness().left(now).isZero();
    return dwells ? ownBarButPrice(policy, option) : ownBar(policy, option);
  }

  private static @Nullable String ownBar(RungPolicy policy, Option option) {
    @Nullable String bar = ownBarButPrice(policy, option);
    Option preferred = policy.preferred().orElse(option);
    boolean dearer = option.hourly().compareTo(preferred.hourly()) > 0;
    return bar == null && dearer && !policy.pricierFallback()
        ? Candidate.dearer(preferred.variant(), preferred.hourly())
        : bar;
  }

  private static @Nullable String ownBarButPrice(RungPolicy policy, Option option) {
    if (!policy.isGoodEnough(option)) {
      return "below the quality floor " + policy.qualityFloor();
    }
    Option preferred = policy.preferred().orElse(option);
    return !preferred.equals(option) && !policy.downgradeAllowed()
        ? "downgrade.allowed is false"
        : option.obstacle();
  }

  private static Optional<Pick> pick(RungPolicy policy, List<Option> free, HourlyRate allowed) {
    @Nullable Pick best = null;
    for (Option option : free) {
      int count = affordable(policy, option, allowed);
      boolean all = count == option.replicas();
      boolean enough = all || count >= Math.max(1, policy.minReplicas());
      Pick pick = new Pick(option, count);
      if (enough && (best == null || keepsMore(pick, best))) {
        best = pick;
      }
      if (all) {
        break;
      }
    }
    return Optional.ofNullable(best);
  }

  /// Replicas of a rung that `allowed` pays for. All, if the usual cost of the demand is paid for;
  /// of the rung that serves, also if the present cost is.
  private static int affordable(RungPolicy policy, Option option, HourlyRate allowed) {
    HourlyRate limit = limit(policy, option, allowed);
    int count = option.affordable(limit);
    if (option.usual().compareTo(limit) <= 0) {
      return option.replicas();
    }
    if (option.variant().equals(policy.active())) {
      HourlyRate more = percent(allowed, 100 + policy.steadiness().stayMargin());
      return option.usual().compareTo(more) <= 0 ? option.replicas() : count;
    }
    // Nobody climbs to serve less.
    return policy.isClimb(option) && policy.steadiness().stayMargin() > 0 ? 0 : count;
  }

  /// Whether quality times the part of the needed replicas is more.
  private static boolean keepsMore(Pick pick, Pick best) {
    int more = pick.option().kept(pick.replicas()).compareTo(best.option().kept(best.replicas()));
    return more > 0;
  }

  private static HourlyRate limit(RungPolicy policy, Option option, HourlyRate allowed) {
    if (!policy.isClimb(option)) {
      return allowed;
    }
    return percent(allowed, 100 - policy.steadiness().climbMargin());
  }

  /// Rounded down.
  private static HourlyRate percent(HourlyRate rate, int percent) {
    return new HourlyRate(
        BigInteger.valueOf(rate.microsPerHour())
            .multiply(BigInteger.valueOf(percent))
            .divide(BigInteger.valueOf(100))
            .min(BigInteger.valueOf(Long.MAX_VALUE))
            .longValueExact());
  }

  private static Candidate candidate(
      RungPolicy policy, int index, @Nullable String bar, Optional<Pick> pick, HourlyRate allowed) {
    Option option = policy.ladder().get(index);
    if (bar != null) {
      return option.candidate(option.replicas(), bar);
    }
    if (pick.isPresent() && pick.get().option().equals(option)) {
      return option.candidate(pick.get().replicas(), Candidate.CHOSEN);
    }
    HourlyRate limit = limit(policy, option, allowed);
    if (option.hourly().compareTo(limit) > 0) {
      String margin =
          limit.equals(allowed)
              ? ""
              : ", %d %% under the $%s/h allowed"
                  .formatted(policy.steadiness().climbMargin(), allowed.print(2));
      return option.candidate(
          option.replicas(), "costs more than $%s/h%s".formatted(limit.print(2), margin));
    }
    return option.candidate(
        option.replicas(),
        "lower than " + pick.map(made -> made.option().variant()).orElse("the chosen"));
  }

  /// What would serve if money did not matter and nothing had to dwell.
  private static Optional<Option> unbound(RungPolicy policy) {
    return policy.ladder().stream().filter(option -> ownBar(policy, option) == null).findFirst();
  }

  private static String withoutBudget(Optional<Option> unbound, Optional<Pick> pick) {
    if (unbound.isEmpty()) {
      return "without the budget: no rung could serve either";
    }
    Option option = unbound.get();
    HourlyRate paid =
        pick.map(made -> made.option().perReplica().times(made.replicas())).orElse(HourlyRate.ZERO);
    long more = option.hourly().microsPerHour() - paid.microsPerHour();
    return "without the budget: %s on %s with %d replicas for $%s/h, quality %s: $%s/h %s"
        .formatted(
            option.variant(),
            option.pool(),
            option.replicas(),
            option.hourly().print(2),
            option.quality().toPlainString(),
            new HourlyRate(Math.abs(more)).print(2),
            more >= 0 ? "more" : "less");
  }

  private static String binding(
      RungPolicy policy, List<@Nullable String> bars, Pick made, Optional<Option> unbound) {
    if (made.replicas() < made.option().replicas()) {
      return "allowed $/hour";
    }
    if (unbound.isPresent() && unbound.get().equals(made.option())) {
      return policy.ladder().getFirst().equals(made.option()) ? "demand" : firstBar(bars);
    }
    @Nullable String bar = unbound.map(policy.ladder()::indexOf).map(bars::get).orElse(null);
    return bar == null ? "allowed $/hour" : bar;
  }

  private static String firstBar(List<@Nullable String> bars) {
    for (@Nullable String bar : bars) {
      if (bar != null) {
        return bar;
      }
    }
    return "demand";
  }
}
