package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.ledger.LedgerBench.Load;
import dev.comptroller.gateway.ledger.LedgerBench.Report;
import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The rate bench in a small size: that it runs and counts. How fast is for `./comptroller bench
/// ledger` on a quiet machine to say.
class LedgerBenchTest {
  private static final Load SMALL = new Load(Duration.ofMillis(200), 16, 2, 20);
  private static final Database SQLITE = new Database.Embedded(Path.of("unused"));
  private static final Database POSTGRES =
      new Database.Postgres("jdbc:postgresql://unused/db", "user", "password");

  @Test
  @Tag("integration")
  void shouldFindEachOperationThatItCountedInTheLedger(@TempDir Path folder) throws Exception {
    Report report = new LedgerBench(SMALL).run(new Database.Embedded(folder), 1);
    assertThat(report.bare()).isPositive();
    assertThat(report.ledger()).isPositive();
    assertThat(report.ratio()).isEqualTo(report.ledger() / report.bare());
    assertThat(report.peak()).isPositive().isLessThanOrEqualTo(report.ledger());
    assertThat(report.failed()).isZero();
    assertThat(report.requests()).isPositive();
    assertThat(report.ledgerAtLast().entries())
        .as("a reservation, two extensions and a settlement for each request")
        .isEqualTo(4 * report.requests());
    assertThat(report.ledgerAtLast().openHolds()).isZero();
  }

  @Test
  void shouldSayWhichGoalIsMissedWithBothNumbers() {
    assertThat(report(0.5, 10, 0).missed(SQLITE)).isEmpty();
    assertThat(report(0.49, 10.5, 0).missed(SQLITE))
        .containsExactly("0.490 of the bare loop's commits, goal 0.50", "p99 10.50 ms, goal 10 ms");
    assertThat(report(0.5, Double.POSITIVE_INFINITY, 3).missed(SQLITE))
        .containsExactly(
            "3 operations failed at 70 % of the peak, goal 0", "p99 Infinity ms, goal 10 ms");
    assertThat(report(0.5, Double.NaN, 0).missed(SQLITE)).hasSize(1);
  }

  @Test
  void shouldHoldPostgresqlToNoRateButToNoFailure() {
    assertThat(report(0.3, 500, 0).missed(POSTGRES)).isEmpty();
    assertThat(report(0.6, 5, 1).missed(POSTGRES)).hasSize(1);
  }

  private static Report report(double ratio, double millis, long failed) {
    return new Report(
        1_000, 1_000 * ratio, ratio, 900, millis, failed, 1, new Verification(4, 0, 1, "00"));
  }
}
