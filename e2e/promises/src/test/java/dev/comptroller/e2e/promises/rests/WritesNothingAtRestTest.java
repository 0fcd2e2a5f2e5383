package dev.comptroller.e2e.promises.rests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Counts the operator's writes in the API server's own audit log.
@Tag("integration")
class WritesNothingAtRestTest {
  private static final String OPERATOR =
      "system:serviceaccount:comptroller-system:comptroller-operator";

  /// How long each phase is watched; `-Drest.seconds=600` repeats the long measurement.
  private static final Duration WATCHED =
      Duration.ofSeconds(Integer.getInteger("rest.seconds", 75));

  @Test
  void shouldWriteNothingWithoutReplicasAndOnceAMinuteForWhatCosts() throws Exception {
    LocalFleet fleet = SharedFleet.real();
    try (Tenant tenant = Tenant.create(fleet, "rests")) {
      tenant.deploy(0, 1, 4, 64, 8);
      tenant.awaitCondition("Ready", it -> !it.isMissingNode());
      Thread.sleep(Duration.ofSeconds(20));
      Map<String, Integer> none = writesDuring(fleet, WATCHED);
      System.err.printf("writes in %s without replicas: %s%n", WATCHED, none);
      assertThat(none).isEmpty();

      tenant.scale(1);
      tenant.awaitReady(1);
      tenant.awaitCondition("Ready", it -> "True".equals(it.path("status").asText()));
      Thread.sleep(Duration.ofSeconds(20));
      Map<String, Integer> idle = writesDuring(fleet, WATCHED);
      System.err.printf("writes in %s with one idle replica: %s%n", WATCHED, idle);
      int most = (int) Math.ceilDiv(WATCHED.toSeconds(), 60);
      assertThat(idle)
          .allSatisfy((object, writes) -> assertThat(writes).as(object).isLessThanOrEqualTo(most));
      assertThat(idle).containsKey("inferencebudgets rests/budget");
    }
  }

  private static Map<String, Integer> writesDuring(LocalFleet fleet, Duration watched)
      throws InterruptedException {
    Instant from = Instant.now();
    Thread.sleep(watched);
    return fleet.audit().writesOf(OPERATOR, from);
  }
}
