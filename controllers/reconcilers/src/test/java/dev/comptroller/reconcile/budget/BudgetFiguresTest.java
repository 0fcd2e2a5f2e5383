package dev.comptroller.reconcile.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.decide.publish.Quanta;
import dev.comptroller.decide.publish.Quanta.Verdict;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class BudgetFiguresTest {
  private static final long LIMIT = 100_000_000_000L;
  private static final Instant WRITTEN = Instant.parse("2026-11-30T05:47:21Z");

  @Test
  void shouldWaitWhereOnlyWhatTheLastHoursOfAPeriodWouldPayForMoves() {
    assertThat(decide(status("0.00", "76384.468489"), status("0.00066", "54619.935907")))
        .isEqualTo(new Verdict.Wait(WRITTEN.plus(Quanta.STALENESS)));
  }

  @Test
  void shouldPublishAPercentOfTheAmountAtOnce() {
    assertThat(decide(status("0.00", "138.89"), status("1000.00", "138.89")))
        .isEqualTo(new Verdict.Publish("spent moved by 1 % of the limit"));
  }

  private static Verdict decide(InferenceBudgetStatus previous, InferenceBudgetStatus next) {
    return Quanta.decide(
        BudgetFigures.of(previous),
        WRITTEN,
        BudgetFigures.of(next),
        LIMIT,
        Quanta.STALENESS,
        WRITTEN.plusSeconds(5));
  }

  private static InferenceBudgetStatus status(String spent, String allowedRate) {
    return new KubernetesSerialization()
        .unmarshal(
            """
            spent: "%s"
            burnRate: "2.375"
            allowedRate: "%s"
            exhaustsAt: "2026-12-01T00:00:00Z"
            """
                .formatted(spent, allowedRate),
            InferenceBudgetStatus.class);
  }
}
