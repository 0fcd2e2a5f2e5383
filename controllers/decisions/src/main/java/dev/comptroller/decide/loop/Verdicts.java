package dev.comptroller.decide.loop;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.downgrade.Option;
import dev.comptroller.decide.downgrade.RungChoice;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Explains parts of a plan.
final class Verdicts {
  private final Present present;
  private final @Nullable Funds funds;
  private final @Nullable HeatVerdict heat;
  private final Choices.Chosen chosen;

  Verdicts(
      Present present, @Nullable Funds funds, @Nullable HeatVerdict heat, Choices.Chosen chosen) {
    this.present = present;
    this.funds = funds;
    this.heat = heat;
    this.chosen = chosen;
  }

  DeploymentVerdict of(Part part) {
    Wish wish = part.wish();
    Option option = part.option();
    HourlyRate hourly =
        option == null ? HourlyRate.ZERO : option.perReplica().times(part.replicas());
    HourlyRate before =
        wish.grant() != null ? wish.grant().hourly() : wish.stock().seen().cost().now();
    DeploymentVerdict.@Nullable Counterfactual without = null;
    long saved = 0;
    if (wish.unbound() != null) {
      Option free = wish.unbound();
      without =
          new DeploymentVerdict.Counterfactual(
              free.variant(), free.pool(), free.replicas(), free.hourly(), free.quality());
      saved = Math.max(0, free.hourly().microsPerHour() - hourly.microsPerHour());
    }
    HourlyRate savedHourly = new HourlyRate(saved);
    @Nullable Instant until = saved == 0 && !isOff(part) ? null : until(part, hourly);
    Instant end = until == null ? present.window().end() : until;
    Duration rest = Duration.between(present.now(), end);
    Explanation explanation = explanation(part);
    return new DeploymentVerdict(
        wish.name(),
        wish.active(),
        part.replicas() == 0 || option == null ? null : option.variant(),
        heat == null ? 0 : heat.depth(HeatAction.Downgrade),
        explanation,
        wish.options().stream().map(each -> slo(wish, each)).toList(),
        before,
        hourly,
        without,
        savedHourly,
        savedHourly.over(rest.isNegative() ? Duration.ZERO : rest),
        until);
  }

  private static boolean isOff(Part part) {
    Option unbound = part.wish().unbound();
    return unbound != null
        && (part.replicas() < unbound.replicas() || !unbound.equals(part.option()));
  }

  private static VariantSeen.Slo slo(Wish wish, Option option) {
    return wish.stock()
        .seen()
        .variant(option.variant())
        .map(VariantSeen::slo)
        .orElse(VariantSeen.Slo.NotMeasured);
  }

  private Explanation explanation(Part part) {
    Choices.Pick pick = chosen.picks().get(part.wish().name());
    @Nullable RungChoice choice = pick == null ? null : pick.choice();
    boolean asPicked = pick != null && pick.part().equals(part);
    String binding = binding(part, choice, asPicked);
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < part.wish().options().size(); i++) {
      Option option = part.wish().options().get(i);
      boolean made = option.equals(part.option()) && part.replicas() > 0;
      String verdict =
          made
              ? Candidate.CHOSEN
              : choice == null
                  ? part.reason() + ": " + part.why()
                  : otherwise(choice.explanation().candidates().get(i), part);
      candidates.add(candidate(option, made ? part.replicas() : option.replicas(), verdict));
    }
    return new Explanation(summary(part), binding, candidates);
  }

  private static String otherwise(Candidate candidate, Part part) {
    return candidate.verdict().equals(Candidate.CHOSEN) ? part.why() : candidate.verdict();
  }

  private static Candidate candidate(Option option, int replicas, String verdict) {
    @Nullable Cpm cpm =
        option.speed() == null ? null : Cpm.of(option.perReplica(), option.speed()).orElse(null);
    return new Candidate(
        option.variant(),
        option.pool(),
        option.quality(),
        replicas,
        option.perReplica().times(replicas),
        option.speed(),
        cpm,
        verdict);
  }

  private String binding(Part part, @Nullable RungChoice choice, boolean asPicked) {
    if (present.held() != null) {
      return present.held().reason();
    }
    if (!asPicked) {
      return "hard limit";
    }
    if (part.reason().equals("Suspended")) {
      return "heat ladder";
    }
    return choice == null ? "spec.replicas" : choice.explanation().binding();
  }

  private static String summary(Part part) {
    Option option = part.option();
    String what =
        option == null || part.replicas() == 0
            ? "suspended, 0 replicas"
            : "%d x %s for $%s/h"
                .formatted(
                    part.replicas(),
                    option.variant(),
                    option.perReplica().times(part.replicas()).print(2));
    String short_ =
        option != null && part.replicas() > 0 && part.replicas() < option.replicas()
            ? ", the demand needs %d".formatted(option.replicas())
            : "";
    return "%s%s: %s".formatted(what, short_, part.why());
  }

  /// When it is expected to end: with the step of the heat ladder that asks for it, or once what is
  /// saved pays for the rest of the period; the period's end at the latest.
  private Instant until(Part part, HourlyRate hourly) {
    Instant end = present.window().end();
    boolean asked =
        heat != null
            && (heat.depth(HeatAction.Downgrade) > 0 || heat.depth(HeatAction.Suspend) > 0)
            && (part.reason().equals("Downgraded") || part.reason().equals("Suspended"));
    if (asked && heat != null) {
      @Nullable Instant due = null;
      for (HeatVerdict.Standing standing : heat.steps()) {
        boolean moves =
            standing.step().action() == HeatAction.Downgrade
                || standing.step().action() == HeatAction.Suspend;
        if (standing.inForce() && moves) {
          due = standing.due() == null ? end : later(due, standing.due());
        }
      }
      if (due != null) {
        return due.isBefore(end) ? due : end;
      }
    }
    return affordable(part, hourly, end);
  }

  /// When `left / rest` reaches what the wish costs, while `hourly` is spent.
  private Instant affordable(Part part, HourlyRate hourly, Instant end) {
    if (funds == null || part.wish().unbound() == null) {
      return end;
    }
    HourlyRate others = HourlyRate.ZERO;
    for (Choices.Pick pick : chosen.picks().values()) {
      Option option = pick.part().option();
      if (option != null && !pick.part().wish().equals(part.wish())) {
        others = others.plus(option.perReplica().times(pick.part().replicas()));
      }
    }
    BigInteger margin = BigInteger.valueOf(100L - present.policy().climbMargin());
    BigInteger hundred = BigInteger.valueOf(100);
    BigInteger want =
        BigInteger.valueOf(part.wish().unbound().hourly().plus(others).microsPerHour())
            .multiply(hundred);
    BigInteger spend = BigInteger.valueOf(hourly.plus(others).microsPerHour()).multiply(margin);
    Money left = funds.position().left();
    BigInteger missing =
        want.multiply(BigInteger.valueOf(present.rest().toSeconds()))
            .subtract(
                BigInteger.valueOf(left.micros())
                    .multiply(BigInteger.valueOf(3600))
                    .multiply(margin));
    if (missing.signum() <= 0 || want.compareTo(spend) <= 0) {
      return end;
    }
    BigInteger seconds = missing.divide(want.subtract(spend)).add(BigInteger.ONE);
    Instant at =
        present.now().plusSeconds(seconds.min(BigInteger.valueOf(1L << 40)).longValueExact());
    return at.isBefore(end) ? at : end;
  }

  private static Instant later(@Nullable Instant left, Instant right) {
    return left == null || right.isAfter(left) ? right : left;
  }

  /// One sentence with from and to, dollars before and after, what it saves and when it ends.
  static String message(DeploymentVerdict verdict, Part part) {
    StringBuilder text = new StringBuilder(verdict.explanation().summary());
    DeploymentVerdict.Counterfactual without = verdict.withoutBudget();
    if (without != null && verdict.savedHourly().microsPerHour() > 0) {
      text.append(
          "; without the budget %d x %s for $%s/h: saves $%s/h, $%s until %s"
              .formatted(
                  without.replicas(),
                  without.variant(),
                  without.hourly().print(2),
                  verdict.savedHourly().print(2),
                  verdict.saved().print(2),
                  verdict.until()));
    }
    return text.append(
            part.surge() > 0 ? "; %d more run until it serves".formatted(part.surge()) : "")
        .toString();
  }
}
