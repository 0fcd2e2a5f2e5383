package dev.comptroller.e2e.promises.recovers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A runtime process is killed; its pod restarts and serves again.
@Tag("integration")
class RestartsADeadRuntimeTest {
  @Test
  void shouldServeAgainAfterTheRuntimeWasKilled() {
    LocalFleet fleet = SharedFleet.real();
    try (Tenant tenant = Tenant.create(fleet, "recovers");
        Traffic traffic = tenant.traffic()) {
      tenant.deploy(1, 1, 4, 64, 8);
      tenant.awaitReady(1);
      await("the first answer")
          .atMost(Tenant.PATIENCE)
          .ignoreExceptions()
          .until(() -> traffic.ask("hello", 4).completionTokens() > 0);

      kill("recovers");
      long killed = System.nanoTime();
      await("an answer after the kill")
          .atMost(Tenant.PATIENCE)
          .pollInterval(Duration.ofMillis(250))
          .ignoreExceptions()
          .until(() -> restarts(tenant) == 1 && traffic.ask("hello", 4).completionTokens() > 0);

      System.err.printf(
          "runtime killed; serving again after %.1f s%n", (System.nanoTime() - killed) / 1e9);
      assertThat(restarts(tenant)).isEqualTo(1);
    }
  }

  private static int restarts(Tenant tenant) {
    List<JsonNode> pods = tenant.pods();
    assertThat(pods).hasSize(1);
    return pods.getFirst()
        .path("status")
        .path("containerStatuses")
        .path(0)
        .path("restartCount")
        .asInt();
  }

  /// Kills the one process on this machine that serves a model of this namespace.
  private static void kill(String namespace) {
    List<ProcessHandle> found =
        ProcessHandle.current()
            .descendants()
            .filter(
                process ->
                    process
                        .info()
                        .commandLine()
                        .filter(line -> line.contains("server-runner.jar"))
                        .filter(line -> line.contains(namespace + "/tiny"))
                        .isPresent())
            .toList();
    assertThat(found).as("runtime processes of " + namespace).isNotEmpty();
    found.forEach(ProcessHandle::destroyForcibly);
  }
}
