package dev.comptroller.reconcile.routing;

import static java.time.temporal.ChronoUnit.SECONDS;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Renders the account of a namespace from the status of its budget: what was decided and written
/// down, not what is being decided. Pure.
final class Accounts {
  private Accounts() {}

  /// What is left is told in hundredths of the amount: it flows, and a table is not written for
  /// that.
  private static final int PARTS = 100;

  /// The account of `budget`, which declares `declared`; nothing before the first decision.
  ///
  /// @param before the account that was rendered last; absent if there was none
  static Optional<Account> of(
      InferenceBudget budget, Declared declared, @Nullable Account before, Instant now) {
    InferenceBudgetStatus status = budget.getStatus();
    if (status == null || status.period() == null) {
      return Optional.empty();
    }
    Instant start = Instant.parse(status.period().start());
    Long left = left(status, declared);
    Instant at =
        before != null
                && before.periodStart().equals(start)
                && Objects.equals(before.leftMicros(), left)
            ? before.leftAt()
            : left == null ? null : now.truncatedTo(SECONDS);
    return Optional.of(
        new Account(
            budget.getMetadata().getNamespace(),
            budget.getMetadata().getName(),
            start,
            Instant.parse(status.period().end()),
            declared.hard(),
            declared.observe(),
            instant(status.fundedUntil()),
            abroad(status),
            left,
            at,
            traffic(status.traffic()),
            declared.features().stream()
                .sorted(Comparator.comparing(FeaturePolicy::name))
                .map(Accounts::feature)
                .toList()));
  }

  /// What others may charge; nothing if that was said of another period.
  private static @Nullable Long abroad(InferenceBudgetStatus status) {
    var allotment = status.allotment();
    var period = status.period();
    if (allotment == null || period == null) {
      return null;
    }
    return allotment.period().equals(period.start()) ? Money.parse(allotment.limit()).micros() : 0;
  }

  private static @Nullable Long left(InferenceBudgetStatus status, Declared declared) {
    if (status.remaining() == null) {
      return null;
    }
    long micros = new BigDecimal(status.remaining()).movePointRight(6).longValue();
    long step = Math.max(1, declared.amount().micros() / PARTS);
    return Math.floorDiv(micros, step) * step;
  }

  private static Account.Traffic traffic(InferenceBudgetStatus.@Nullable Traffic traffic) {
    return traffic == null
        ? Account.Traffic.FREE
        : new Account.Traffic(
            Boolean.TRUE.equals(traffic.queueBatch()),
            traffic.maxOutputTokens(),
            traffic.tokensPerMinute(),
            Boolean.TRUE.equals(traffic.suspended()),
            Objects.requireNonNullElse(traffic.why(), ""),
            instant(traffic.until()));
  }

  private static Account.Feature feature(FeaturePolicy feature) {
    return new Account.Feature(
        feature.name(),
        feature.amount() == null ? null : feature.amount().micros(),
        feature.priority(),
        feature.batchEligible(),
        feature.downgradeAllowed());
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }
}
