package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.Enforcement;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec.Feature;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec.HeatParameters;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec.HeatRung;
import dev.comptroller.api.v1alpha1.Mode;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Turns the spec of an InferenceBudget into what it declares, or into what is wrong with it. Pure.
public final class BudgetParser {
  private BudgetParser() {}

  /// What a budget declares.
  ///
  /// @param amount dollars of a period, more than zero
  /// @param calendar its periods
  /// @param hard whether spending stops before the amount is exceeded
  /// @param observe whether decisions are only told
  /// @param heat the heat ladder
  /// @param features features with money or a priority of their own
  public record Declared(
      Money amount,
      Calendar calendar,
      boolean hard,
      boolean observe,
      HeatLadder heat,
      List<FeaturePolicy> features) {
    public Declared {
      features = List.copyOf(features);
    }
  }

  /// Parses `spec`.
  public static Parsed<Declared> parse(@Nullable InferenceBudgetSpec spec) {
    if (spec == null || spec.amount() == null || spec.period() == null) {
      return new Parsed.Invalid<>(List.of("spec: needs amount and period"));
    }
    Violations violations = new Violations();
    Optional<Money> amount =
        violations.parse("spec.amount", () -> positive(Money.parse(spec.amount())));
    Optional<Calendar> calendar =
        violations.parse(
            "spec.timeZone", () -> Calendar.of(period(spec.period()), spec.timeZone()));
    List<HeatStep> steps = new ArrayList<>();
    for (int i = 0; i < spec.heat().size(); i++) {
      HeatRung rung = spec.heat().get(i);
      violations.parse("spec.heat[%d]".formatted(i), () -> step(rung)).ifPresent(steps::add);
    }
    List<FeaturePolicy> features = new ArrayList<>();
    for (int i = 0; i < spec.features().size(); i++) {
      Feature feature = spec.features().get(i);
      violations
          .parse("spec.features[%d]".formatted(i), () -> feature(feature))
          .ifPresent(features::add);
    }
    return violations.isEmpty()
        ? new Parsed.Valid<>(
            new Declared(
                amount.orElseThrow(),
                calendar.orElseThrow(),
                spec.enforcement() == Enforcement.HARD,
                spec.mode() == Mode.OBSERVE,
                new HeatLadder(steps),
                features))
        : new Parsed.Invalid<>(violations.found());
  }

  private static Money positive(Money amount) {
    if (amount.micros() <= 0) {
      throw new IllegalArgumentException("is %s; give more than zero".formatted(amount));
    }
    return amount;
  }

  private static HeatStep step(HeatRung rung) {
    HeatAction action = action(rung.action());
    return new HeatStep(
        rung.at(),
        source(rung.of()),
        action,
        limit(action, rung.parameters()),
        DeploymentParser.duration(rung.dwell()),
        rung.release() == null ? HeatStep.defaultRelease(rung.at()) : rung.release());
  }

  private static long limit(HeatAction action, @Nullable HeatParameters parameters) {
    if (!action.isLimit()) {
      return 0;
    }
    Number number =
        parameters == null
            ? null
            : action == HeatAction.CapOutput
                ? parameters.maxOutputTokens()
                : parameters.tokensPerMinute();
    if (number == null) {
      throw new IllegalArgumentException(
          "action %s needs parameters.%s"
              .formatted(
                  action, action == HeatAction.CapOutput ? "maxOutputTokens" : "tokensPerMinute"));
    }
    return number.longValue();
  }

  private static FeaturePolicy feature(Feature feature) {
    return new FeaturePolicy(
        feature.name(),
        feature.amount() == null ? null : positive(Money.parse(feature.amount())),
        feature.priority(),
        feature.batchEligible(),
        feature.downgradeAllowed());
  }

  /// The domain's name for an action of the API.
  static HeatAction action(dev.comptroller.api.v1alpha1.HeatAction action) {
    return switch (action) {
      case WARN -> HeatAction.Warn;
      case QUEUE_BATCH -> HeatAction.QueueBatch;
      case CAP_OUTPUT -> HeatAction.CapOutput;
      case DOWNGRADE -> HeatAction.Downgrade;
      case THROTTLE -> HeatAction.Throttle;
      case SUSPEND -> HeatAction.Suspend;
    };
  }

  /// The API's name for an action.
  static dev.comptroller.api.v1alpha1.HeatAction wire(HeatAction action) {
    return switch (action) {
      case Warn -> dev.comptroller.api.v1alpha1.HeatAction.WARN;
      case QueueBatch -> dev.comptroller.api.v1alpha1.HeatAction.QUEUE_BATCH;
      case CapOutput -> dev.comptroller.api.v1alpha1.HeatAction.CAP_OUTPUT;
      case Downgrade -> dev.comptroller.api.v1alpha1.HeatAction.DOWNGRADE;
      case Throttle -> dev.comptroller.api.v1alpha1.HeatAction.THROTTLE;
      case Suspend -> dev.comptroller.api.v1alpha1.HeatAction.SUSPEND;
    };
  }

  private static HeatSource source(dev.comptroller.api.v1alpha1.@Nullable HeatSource source) {
    return source == null
        ? HeatSource.Larger
        : switch (source) {
          case SPENT -> HeatSource.Spent;
          case FORECAST -> HeatSource.Forecast;
        };
  }

  private static Period period(dev.comptroller.api.v1alpha1.Period period) {
    return switch (period) {
      case HOUR -> Period.Hour;
      case DAY -> Period.Day;
      case WEEK -> Period.Week;
      case MONTH -> Period.Month;
    };
  }
}
