package dev.comptroller.e2e.fleet;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// A hard budget of an hour that can be heated within seconds, whatever the time of day.
///
/// Of a few zones whose hours begin at different minutes it takes the one whose present hour has
/// most left, and an amount of which one replica of [#REPLICA_HOUR] is forecast to spend half.
public final class HourBudget {
  /// Dollars an hour of one replica of the upper rung: four GPUs of a node of eight at $19.00.
  public static final BigDecimal REPLICA_HOUR = new BigDecimal("9.50");

  private static final List<String> ZONES = List.of("UTC", "Asia/Kolkata", "Asia/Kathmandu");

  private HourBudget() {}

  /// The manifest of the budget `team` of a namespace, for the hour that holds now.
  public static String manifest(String namespace, Instant now) {
    String zone = "";
    long left = 0;
    for (String candidate : ZONES) {
      ZonedDateTime local = now.atZone(ZoneId.of(candidate));
      ZonedDateTime end = local.truncatedTo(ChronoUnit.HOURS).plusHours(1);
      long seconds = Duration.between(local, end).toSeconds();
      if (seconds > left) {
        left = seconds;
        zone = candidate;
      }
    }
    BigDecimal amount =
        REPLICA_HOUR
            .multiply(BigDecimal.valueOf(2 * left))
            .divide(BigDecimal.valueOf(3600), 2, RoundingMode.UP);
    return """
    apiVersion: comptroller.dev/v1alpha1
    kind: InferenceBudget
    metadata:
      name: team
      namespace: %s
    spec:
      amount: "%s"        # one replica of the upper rung is forecast to spend half of it
      period: Hour
      timeZone: %s        # %d minutes of this hour are left
      enforcement: Hard
      heat:
        - {at: 65, of: Forecast, action: QueueBatch, dwell: 2s}
        - {at: 72, of: Forecast, action: CapOutput, parameters: {maxOutputTokens: 24}, dwell: 4s}
        - {at: 80, of: Forecast, action: Downgrade, dwell: 8s}
      features:
        - {name: reports, priority: 50, batchEligible: true}
    """
        .formatted(namespace, amount.toPlainString(), zone, left / 60);
  }
}
