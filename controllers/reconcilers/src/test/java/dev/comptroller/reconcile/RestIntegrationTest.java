package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RestIntegrationTest {
  private final Cluster cluster = new Cluster();

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldWriteNothingWithoutReplicas() throws InterruptedException {
    cluster.pool("quiet", "98.32");
    cluster.node("quiet-a", "quiet");
    String home = cluster.namespace("installation");
    String namespace = cluster.namespace("rest");
    try (RunningOperator operator = new RunningOperator(cluster, home)) {
      cluster.budget(namespace, "100000");
      cluster.deployment(namespace, "chat", "quiet", 0);
      settle(operator);
      assertThat(writesIn(operator, Duration.ofSeconds(15))).isEmpty();
    }
  }

  private static List<String> writesIn(RunningOperator operator, Duration time)
      throws InterruptedException {
    operator.writes.clear();
    Thread.sleep(time);
    return List.copyOf(operator.writes);
  }

  /// Waits until 5 s pass without a write.
  private static void settle(RunningOperator operator) {
    await().until(() -> !operator.writes.isEmpty());
    await()
        .until(
            () -> {
              int before = operator.writes.size();
              Thread.sleep(Duration.ofSeconds(5));
              return operator.writes.size() == before;
            });
  }
}
