package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.spend.SpendStore;
import io.fabric8.kubernetes.api.model.Pod;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SpendIntegrationTest {
  private static final BigDecimal PRICE = new BigDecimal("98.32");
  private static final int GPUS = 4;

  private final Cluster cluster = new Cluster();

  @BeforeAll
  void addNodes() {
    cluster.pool("metered", PRICE.toPlainString());
    cluster.node("metered-a", "metered");
    cluster.node("metered-b", "metered");
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldRecordExactlyWhatCameAndWentWhileTheOperatorWasStopped() {
    String home = cluster.namespace("installation");
    String kept = cluster.namespace("kept");
    String doomed = cluster.namespace("doomed");
    try (RunningOperator _ = new RunningOperator(cluster.plane, home)) {
      cluster.deployment(kept, "chat", "metered", 2);
      cluster.deployment(doomed, "chat", "metered", 1);
      await().until(() -> running(kept).size() == 2 && running(doomed).size() == 1);
      cluster.run(running(kept).get(0), "127.77.1.1");
      cluster.run(running(kept).get(1), "127.77.1.2");
      cluster.run(running(doomed).get(0), "127.77.1.3");
    }

    Map<String, Long> gpuSeconds = new TreeMap<>();
    Pod first = running(kept).getFirst();
    cluster.client.resource(first).delete();
    gpuSeconds.merge(kept, end(first, 3), Long::sum);
    Pod successor =
        await()
            .until(
                () ->
                    running(kept).stream()
                        .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
                        .filter(p -> p.getStatus().getPodIP() == null)
                        .findFirst()
                        .orElse(null),
                p -> p != null);
    cluster.run(successor, "127.77.1.4");
    cluster.client.resource(successor).delete();
    gpuSeconds.merge(kept, end(successor, 7), Long::sum);
    Pod lost = running(doomed).getFirst();
    cluster.client.namespaces().withName(doomed).delete();
    await()
        .until(
            () -> cluster.client.resource(lost).get().getMetadata().getDeletionTimestamp() != null);
    gpuSeconds.merge(doomed, end(lost, 11), Long::sum);
    assertThat(cluster.client.namespaces().withName(doomed).get()).isNotNull();

    try (RunningOperator _ = new RunningOperator(cluster.plane, home)) {
      await().until(() -> cluster.client.namespaces().withName(doomed).get() == null);
      await()
          .until(
              () ->
                  cluster.client.resource(first).get() == null
                      && cluster.client.resource(successor).get() == null);
      SpendStore store = new SpendStore(cluster.client, home);
      for (Map.Entry<String, Long> expected : gpuSeconds.entrySet()) {
        await()
            .untilAsserted(
                () ->
                    assertThat(store.read(expected.getKey()).record().uids())
                        .as("uids of pods that still carry the finalizer")
                        .isEmpty());
        assertThat(spent(store.read(expected.getKey()).record()))
            .isEqualTo(dollars(expected.getValue()));
      }
      shouldAddLiveReplicasToTheRecord(kept, gpuSeconds.getOrDefault(kept, 0L));
    }
  }

  private void shouldAddLiveReplicasToTheRecord(String namespace, long recorded) {
    cluster.budget(namespace, "100000");
    InferenceBudgetStatus status =
        await()
            .until(
                () ->
                    cluster
                        .client
                        .resources(InferenceBudget.class)
                        .inNamespace(namespace)
                        .withName("team")
                        .get()
                        .getStatus(),
                s -> s != null && s.spent() != null);
    long live = 0;
    Instant now = Instant.now();
    for (Pod pod : running(namespace)) {
      live += GPUS * ChronoUnit.SECONDS.between(PodFacts.scheduledAt(pod).orElseThrow(), now);
    }
    assertThat(Money.parse(Objects.requireNonNull(status.spent())).micros())
        .isBetween(dollars(recorded).micros() + 1, dollars(recorded + live).micros());
    assertThat(status.burnRate()).isEqualTo("98.32");
    assertThat(status.exhaustsAt()).isNull();
  }

  /// Ends `pod` as its node would, `extra` seconds after now, and says how long it held its GPUs.
  private long end(Pod pod, int extra) {
    Instant finished = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(extra);
    Instant start = PodFacts.scheduledAt(cluster.client.resource(pod).get()).orElseThrow();
    cluster.finish(pod, finished);
    cluster.release(pod);
    return GPUS * ChronoUnit.SECONDS.between(start, finished);
  }

  private List<Pod> running(String namespace) {
    return cluster.pods(namespace, "chat").stream()
        .filter(pod -> pod.getSpec().getNodeName() != null)
        .filter(pod -> !PodFacts.isOver(pod))
        .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
        .toList();
  }

  private static Money spent(SpendRecord record) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.DAYS);
    return record
        .spentBetween(
            now.minus(2, ChronoUnit.DAYS),
            now.plus(2, ChronoUnit.DAYS),
            List.of(),
            PriceBooks.of(Map.of()),
            Instant.now())
        .money();
  }

  /// GPU-seconds at the pool's price, computed another way than the product does.
  private static Money dollars(long gpuSeconds) {
    BigDecimal micros =
        PRICE
            .movePointRight(6)
            .multiply(BigDecimal.valueOf(gpuSeconds))
            .divide(BigDecimal.valueOf(8 * 3600), 0, RoundingMode.HALF_UP);
    return Money.ofMicros(micros.longValueExact());
  }
}
