package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.Decision;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.loop.DeploymentVerdict.Counterfactual;
import dev.comptroller.decide.rollout.Change;
import dev.comptroller.decide.rollout.Leg;
import dev.comptroller.decide.rollout.Step;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.deployment.Directives.Directive;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where a deployment stands between what serves and what is wanted, as conditions. Pure.
final class Standing {
  private static final String DOWNGRADED = "Downgraded";
  private static final String SHARED = "PoolShared";

  private Standing() {}

  /// The decision that conditions are judged by: what is wanted, or while something else serves,
  /// what serves.
  static Decision shown(Declared declared, Wanted wanted, @Nullable Step step) {
    if (step == null || wanted.goal() == null) {
      return wanted.decision();
    }
    String serving = step.state().serving();
    boolean there = wanted.goal().variant().equals(serving);
    int replicas =
        there
            ? wanted.goal().replicas()
            : step.state().leg(serving).map(Leg::replicas).orElse(wanted.goal().replicas());
    return wanted.shown(declared.policy(), serving, replicas);
  }

  /// Says in `findings` what a budget or a lack of room has to do with it.
  static void overlay(List<Finding> findings, Wanted wanted, @Nullable Step step) {
    if (step != null && step.reason().equals(Step.NO_ROOM)) {
      replace(findings, Finding.no("CapacityAvailable", Step.NO_ROOM, step.why()));
    } else if (wanted.scale().reason() == ScaleDecision.Reason.Shared) {
      String message = wanted.scale().explanation().summary();
      replace(findings, Finding.no("CapacityAvailable", SHARED, message));
      if (wanted.scale().replicas() == 0) {
        replace(findings, Finding.no("Ready", SHARED, message));
      }
    }
    Directive told = wanted.directive();
    if (wanted.awaitsFirst() && told != null) {
      findings.replaceAll(
          f ->
              f.type().equals("Ready") && f.reason().equals("ScaledToZero")
                  ? Finding.no("Ready", "NoReadyReplica", told.message())
                  : f);
    }
    if (wanted.isSuspended() && told != null) {
      String message =
          "0 replicas are paid for, $%s/h less: %s"
              .formatted(
                  before(wanted).map(rate -> rate.print(2)).orElse("?"),
                  wanted.decision().explanation().summary());
      findings.replaceAll(
          f -> f.type().equals("Ready") ? Finding.no("Ready", "Suspended", message) : f);
      replace(findings, Finding.no("WithinBudget", "Suspended", message));
    }
  }

  /// `Downgraded`: whether a lower rung serves than the owner likes best.
  static Finding downgraded(Declared declared, Wanted wanted, @Nullable Step step) {
    if (wanted.decision() instanceof Decision.Blocked(var reason, var message, _)) {
      return Finding.unknown(DOWNGRADED, reason, message);
    }
    String best = declared.policy().ladder().getFirst().name();
    String goal = wanted.goal() == null ? best : wanted.goal().variant();
    String serving = step == null || step.state().serving() == null ? goal : step.state().serving();
    Change change = step == null ? null : step.state().change();
    if (serving.equals(best) && goal.equals(best) && change == null) {
      return Finding.no(
          DOWNGRADED,
          "BestVariant",
          "%s is rung 1 of %d".formatted(best, declared.policy().ladder().size()));
    }
    String message = message(wanted, best, goal);
    if (serving.equals(goal) && !goal.equals(best)) {
      return Finding.yes(DOWNGRADED, reason(wanted), message);
    }
    String moving =
        change == null
            ? "%s serves, %s is wanted".formatted(serving, goal)
            : "%s from %s to %s".formatted(change.phase(), change.from(), change.to());
    String text = "%s; %s".formatted(moving, message);
    return serving.equals(best)
        ? Finding.no(DOWNGRADED, "Changing", text)
        : Finding.yes(DOWNGRADED, "Changing", text);
  }

  /// Dollars an hour of `replicas` of `variant` at the dearest price in force.
  static Optional<HourlyRate> hourly(
      Declared declared, Seen seen, String variant, int replicas, Instant now) {
    if (!declared.rungs().containsKey(variant)) {
      return Optional.empty();
    }
    Pool pool = seen.observation().pools().get(declared.variant(variant).pool());
    return pool == null
        ? Optional.empty()
        : Optional.of(
            pool.prices().dearest(now).of(declared.variant(variant).gpus()).times(replicas));
  }

  private static String reason(Wanted wanted) {
    return wanted.directive() == null ? "NoCapacity" : wanted.directive().reason();
  }

  private static String message(Wanted wanted, String best, String goal) {
    String why = wanted.decision().explanation().summary();
    Optional<HourlyRate> before = before(wanted);
    if (wanted.directive() == null || before.isEmpty()) {
      return why;
    }
    HourlyRate after = wanted.directive().burnRate();
    Optional<Counterfactual> without = without(wanted);
    String from =
        without.isPresent()
            ? without.get().variant()
            : wanted.alone() instanceof Decision.Serve alone ? alone.variant() : best;
    return "from %s to %s: $%s/h before, $%s/h after, $%s/h saved; %s"
        .formatted(
            from,
            goal,
            before.get().print(2),
            after.print(2),
            new HourlyRate(Math.max(0, before.get().microsPerHour() - after.microsPerHour()))
                .print(2),
            why);
  }

  private static Optional<Counterfactual> without(Wanted wanted) {
    return wanted.told().map(told -> told.verdict().withoutBudget());
  }

  /// What would run without the budget, in dollars an hour: as the budget reckoned, or where it
  /// told nothing, as the deployment does.
  private static Optional<HourlyRate> before(Wanted wanted) {
    Optional<Counterfactual> without = without(wanted);
    if (without.isPresent()) {
      return without.map(Counterfactual::hourly);
    }
    return wanted.alone() instanceof Decision.Serve alone
        ? alone.explanation().candidates().stream()
            .filter(c -> c.variant().equals(alone.variant()))
            .flatMap(c -> c.perHour().stream())
            .findFirst()
        : Optional.empty();
  }

  private static void replace(List<Finding> findings, Finding with) {
    findings.replaceAll(f -> f.type().equals(with.type()) ? with : f);
  }
}
