package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Allotted;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Committed;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Granted;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.HeatLog;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.HourlyNeed;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.StepLog;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.heat.HeatState;
import dev.comptroller.decide.heat.HeatState.StepName;
import dev.comptroller.decide.heat.HeatState.StepPast;
import dev.comptroller.decide.loop.Allotment;
import dev.comptroller.decide.loop.Commitment;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What decisions remember, as it stands in the status of a budget: the write-ahead log of its
/// namespace. Pure.
final class Memory {
  /// The longest sentence that a status holds.
  private static final int SENTENCE = 1024;

  private Memory() {}

  /// What `status` remembers.
  static LoopState read(InferenceBudgetStatus status) {
    return new LoopState(
        heat(status.ladder()),
        status.grants().stream().map(Memory::grant).toList(),
        status.commitments().stream().map(Memory::commitment).toList(),
        instant(status.fundedUntil()),
        needs(status.needs(), HourlyNeed::milliGpus),
        new Work(
            needs(status.needs(), HourlyNeed::demandMilliGpus),
            needs(status.needs(), HourlyNeed::swingMilliGpus)),
        allotment(status.allotment()));
  }

  static @Nullable HeatLog wire(HeatState state) {
    if (state.steps().isEmpty() && state.periodStart().equals(Instant.MIN)) {
      return null;
    }
    List<StepLog> steps =
        state.steps().entrySet().stream()
            .map(
                entry ->
                    new StepLog(
                        BudgetParser.wire(entry.getKey().action()),
                        entry.getKey().ordinal(),
                        entry.getValue().inForce(),
                        text(entry.getValue().since()),
                        text(entry.getValue().beyond())))
            .toList();
    return new HeatLog(state.periodStart().toString(), steps);
  }

  /// @param work of the same hours, or of some of them
  static List<HourlyNeed> wire(Needs needs, Work work) {
    return needs.rates().entrySet().stream()
        .map(
            entry ->
                new HourlyNeed(
                    entry.getKey(),
                    entry.getValue(),
                    work.mean().rates().get(entry.getKey()),
                    work.swing().rates().get(entry.getKey())))
        .toList();
  }

  /// Hours that no day has are not remembered.
  private static Needs needs(List<HourlyNeed> wire, Function<HourlyNeed, @Nullable Long> figure) {
    TreeMap<Integer, Long> rates = new TreeMap<>();
    for (HourlyNeed need : wire) {
      @Nullable Long milliGpus = figure.apply(need);
      if (need.hour() >= 0 && need.hour() < 24 && milliGpus != null && milliGpus >= 0) {
        rates.put(need.hour(), milliGpus);
      }
    }
    return new Needs(rates);
  }

  static Granted wire(Grant grant) {
    return new Granted(
        grant.deployment(),
        grant.variant(),
        grant.replicas(),
        grant.surge(),
        grant.hourly().toString(),
        text(grant.changed()),
        text(grant.lowered()),
        grant.climbAfter().isZero() ? null : grant.climbAfter().plusNanos(999_999_999).toSeconds(),
        grant.reason(),
        sentence(grant.message()),
        null);
  }

  static Committed wire(Commitment commitment) {
    return new Committed(
        commitment.deployment(),
        commitment.variant(),
        commitment.replicas(),
        commitment.going() == 0 ? null : commitment.going(),
        text(commitment.lowered()));
  }

  static @Nullable Allotted wire(@Nullable Allotment allotment) {
    return allotment == null
        ? null
        : new Allotted(
            allotment.period().toString(),
            allotment.limit().toString(),
            allotment.charged().toString());
  }

  private static @Nullable Allotment allotment(@Nullable Allotted wire) {
    return wire == null
        ? null
        : new Allotment(
            Instant.parse(wire.period()), Money.parse(wire.limit()), Money.parse(wire.charged()));
  }

  /// `text`, or as much of it as a status holds.
  static String sentence(String text) {
    return text.length() <= SENTENCE ? text : text.substring(0, SENTENCE - 3) + "...";
  }

  static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }

  private static HeatState heat(@Nullable HeatLog log) {
    if (log == null) {
      return HeatState.EMPTY;
    }
    TreeMap<StepName, StepPast> steps = new TreeMap<>();
    for (StepLog step : log.steps()) {
      steps.put(
          new StepName(BudgetParser.action(step.action()), step.ordinal()),
          new StepPast(step.inForce(), instant(step.since()), instant(step.beyond())));
    }
    return HeatState.of(Instant.parse(log.periodStart()), steps);
  }

  private static Grant grant(Granted granted) {
    return new Grant(
        granted.deployment(),
        granted.variant(),
        granted.replicas(),
        granted.surge(),
        HourlyRate.parse(granted.burnRate()),
        granted.reason(),
        Objects.requireNonNullElse(granted.message(), ""),
        instant(granted.changed()),
        instant(granted.lowered()),
        Duration.ofSeconds(Objects.requireNonNullElse(granted.climbAfterSeconds(), 0L)));
  }

  private static Commitment commitment(Committed committed) {
    return new Commitment(
        committed.deployment(),
        committed.variant(),
        committed.replicas(),
        Objects.requireNonNullElse(committed.going(), 0),
        instant(committed.lowered()));
  }
}
