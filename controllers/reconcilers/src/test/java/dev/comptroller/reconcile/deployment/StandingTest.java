package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.deployment.Directives.Directive;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a budget has to do with the conditions of a deployment.
class StandingTest {
  private static final Explanation WHY = new Explanation("why", "scaling.minReplicas", List.of());

  /// `Ready` of a deployment that wants `replicas`, under a budget that granted none for a reason.
  private static Finding ready(int replicas, String reason) {
    ScaleDecision scale =
        new ScaleDecision(
            "large",
            replicas,
            ScaleDecision.Reason.Minimum,
            replicas,
            WHY,
            null,
            null,
            ScaleState.NEW,
            Instant.EPOCH,
            List.of(),
            null);
    Wanted wanted =
        new Wanted(
            new Decision.Serve("large", 0, WHY),
            new Decision.Serve("large", replicas, WHY),
            new Directive("large", 0, 0, HourlyRate.ZERO, reason, "budget b has not decided"),
            null,
            scale,
            Map.of());
    List<Finding> findings =
        new ArrayList<>(
            List.of(Finding.yes("Ready", "ScaledToZero", "0 replicas of large asked for")));
    Standing.overlay(findings, wanted, null);
    return findings.getFirst();
  }

  @Test
  void shouldNotBeReadyWithoutReplicasThatAreWantedAndThatTheBudgetHasNotDecidedAbout() {
    for (String reason : List.of(Directives.AWAITING_GRANT, "NoReplicasAsked")) {
      assertThat(ready(1, reason))
          .isEqualTo(Finding.no("Ready", "NoReadyReplica", "budget b has not decided"));
      assertThat(ready(0, reason).reason()).isEqualTo("ScaledToZero");
    }
  }
}
