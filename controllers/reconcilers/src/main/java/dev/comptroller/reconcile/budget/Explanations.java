package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Explained;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Granted;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Weighed;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.WithoutBudget;
import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.DeploymentVerdict.Counterfactual;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.VariantSeen.Slo;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.deployment.Directives.Told;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decisions with what they were chosen against, as they stand in the grants of a budget. Pure.
///
/// What is told of a grant stays that of the decision that first told it, because that decision has
/// a trace: every look after it would give other figures, which no trace could give again. It is
/// told anew when the grant, its price or its reason changes, or when it is expected to end at
/// another time.
final class Explanations {
  /// Candidates that all grants of a status may fill, in characters: an object of the API server
  /// holds 1.5 MB.
  static final int MOST = 400_000;

  /// The longest that the expected end may be off what was told, if that is not a tenth of the time
  /// until then.
  private static final Duration OFF = Duration.ofSeconds(60);

  /// What a candidate fills beside its verdict, in characters.
  private static final int FIGURES = 256;

  private Explanations() {}

  /// The grants of `decision`, told as in `before` where that still holds.
  static List<Granted> grants(List<Granted> before, NamespaceDecision decision) {
    List<Granted> grants = new ArrayList<>();
    int filled = 0;
    for (Grant grant : decision.state().grants()) {
      Granted next = Memory.wire(grant);
      @Nullable DeploymentVerdict verdict = decision.verdict(grant.deployment()).orElse(null);
      @Nullable Granted old =
          before.stream()
              .filter(each -> each.deployment().equals(grant.deployment()))
              .findFirst()
              .orElse(null);
      if (old != null && (verdict == null || isTold(old, next, verdict))) {
        next = as(next, old.message(), old.explanation());
      } else if (verdict != null) {
        next = as(next, next.message(), wire(verdict, decision.at()));
      }
      filled += size(next.explanation());
      grants.add(filled <= MOST ? next : withoutCandidates(next));
    }
    return List.copyOf(grants);
  }

  /// Whether `after` tells of a decision that `before` does not.
  static boolean areNew(List<Granted> before, List<Granted> after) {
    List<String> known = before.stream().map(Explanations::at).toList();
    return after.stream()
        .filter(granted -> granted.explanation() != null)
        .map(Explanations::at)
        .anyMatch(told -> !known.contains(told));
  }

  /// What `granted` tells of the decision that it is of.
  static Optional<Told> told(Granted granted) {
    @Nullable Explained explained = granted.explanation();
    if (explained == null) {
      return Optional.empty();
    }
    List<Candidate> candidates = explained.candidates().stream().map(Explanations::read).toList();
    return Optional.of(
        new Told(
            Instant.parse(explained.at()),
            new DeploymentVerdict(
                granted.deployment(),
                explained.from(),
                granted.replicas() == 0 ? null : granted.variant(),
                Objects.requireNonNullElse(explained.depth(), 0),
                new Explanation(
                    Objects.requireNonNullElse(granted.message(), ""),
                    explained.bindingConstraint(),
                    candidates),
                explained.candidates().stream().map(each -> slo(each.slo())).toList(),
                rate(explained.burnRateBefore()),
                HourlyRate.parse(granted.burnRate()),
                read(explained.withoutBudget()),
                rate(explained.savedPerHour()),
                explained.saved() == null ? Money.ZERO : Money.parse(explained.saved()),
                Memory.instant(explained.until()))));
  }

  /// `Unknown` where nobody has measured it.
  static String wire(Slo slo) {
    return slo == Slo.NotMeasured ? "Unknown" : slo.name();
  }

  private static Slo slo(String text) {
    return switch (text) {
      case "Met" -> Slo.Met;
      case "Missed" -> Slo.Missed;
      case "NotDeclared" -> Slo.NotDeclared;
      default -> Slo.NotMeasured;
    };
  }

  private static boolean isTold(Granted old, Granted next, DeploymentVerdict verdict) {
    @Nullable Explained told = old.explanation();
    return told != null
        && old.variant().equals(next.variant())
        && old.replicas().equals(next.replicas())
        && old.surge().equals(next.surge())
        && old.burnRate().equals(next.burnRate())
        && old.reason().equals(next.reason())
        && ends(told, verdict.until());
  }

  /// Whether what was told is expected to end about `until`.
  private static boolean ends(Explained told, @Nullable Instant until) {
    @Nullable Instant before = Memory.instant(told.until());
    if (before == null || until == null) {
      return before == null && until == null;
    }
    Duration tenth = Duration.between(Instant.parse(told.at()), before).abs().dividedBy(10);
    Duration most = tenth.compareTo(OFF) < 0 ? OFF : tenth;
    return Duration.between(before, until).abs().compareTo(most) <= 0;
  }

  private static Granted as(
      Granted granted, @Nullable String message, @Nullable Explained explanation) {
    return new Granted(
        granted.deployment(),
        granted.variant(),
        granted.replicas(),
        granted.surge(),
        granted.burnRate(),
        granted.changed(),
        granted.lowered(),
        granted.climbAfterSeconds(),
        granted.reason(),
        message,
        explanation);
  }

  private static Granted withoutCandidates(Granted granted) {
    @Nullable Explained e = granted.explanation();
    return e == null
        ? granted
        : as(
            granted,
            granted.message(),
            new Explained(
                e.at(),
                e.from(),
                e.depth(),
                e.bindingConstraint(),
                e.burnRateBefore(),
                e.savedPerHour(),
                e.saved(),
                e.until(),
                e.withoutBudget(),
                List.of()));
  }

  private static int size(@Nullable Explained explained) {
    return explained == null
        ? 0
        : explained.candidates().stream().mapToInt(each -> FIGURES + each.verdict().length()).sum();
  }

  private static String at(Granted granted) {
    return "%s %s"
        .formatted(
            granted.deployment(), granted.explanation() == null ? "" : granted.explanation().at());
  }

  private static Explained wire(DeploymentVerdict verdict, Instant at) {
    List<Weighed> candidates = new ArrayList<>();
    for (int i = 0; i < verdict.explanation().candidates().size(); i++) {
      candidates.add(wire(verdict.explanation().candidates().get(i), verdict.slo().get(i)));
    }
    @Nullable Counterfactual without = verdict.withoutBudget();
    return new Explained(
        at.toString(),
        verdict.from(),
        verdict.depth() == 0 ? null : verdict.depth(),
        Memory.sentence(verdict.explanation().binding()),
        verdict.hourlyBefore().toString(),
        verdict.savedHourly().toString(),
        verdict.saved().toString(),
        Memory.text(verdict.until()),
        without == null
            ? null
            : new WithoutBudget(
                without.variant(),
                without.pool(),
                without.quality().toPlainString(),
                without.replicas(),
                without.hourly().toString()),
        candidates);
  }

  private static Weighed wire(Candidate candidate, Slo slo) {
    return new Weighed(
        candidate.variant(),
        candidate.pool(),
        candidate.quality().toPlainString(),
        candidate.replicas(),
        candidate.perHour().map(HourlyRate::toString).orElse(null),
        candidate.cpm().map(Cpm::toString).orElse(null),
        wire(slo),
        Memory.sentence(candidate.verdict()));
  }

  private static Candidate read(Weighed weighed) {
    return new Candidate(
        weighed.variant(),
        weighed.pool(),
        new BigDecimal(weighed.quality()),
        weighed.replicas(),
        weighed.burnRate() == null ? null : HourlyRate.parse(weighed.burnRate()),
        null,
        weighed.cpm() == null ? null : Cpm.parse(weighed.cpm()),
        weighed.verdict());
  }

  private static @Nullable Counterfactual read(@Nullable WithoutBudget without) {
    return without == null
        ? null
        : new Counterfactual(
            without.variant(),
            without.pool(),
            without.replicas(),
            HourlyRate.parse(without.burnRate()),
            new BigDecimal(without.quality()));
  }

  private static HourlyRate rate(@Nullable String dollars) {
    return dollars == null ? HourlyRate.ZERO : HourlyRate.parse(dollars);
  }
}
