package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus.Bill;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PoolBillIntegrationTest {
  private static final long HOUR = 36_000_000;

  private final Cluster cluster = new Cluster();

  @AfterAll
  void stop() {
    cluster.close();
  }

  /// Nodes of $36 an hour: a node-second costs a cent, so that dollars tell seconds.
  @Test
  void shouldTellWhoseDollarsTheNodesAreAndHowMuchIsInDoubtAfterAnAbsence()
      throws InterruptedException {
    cluster.pool("told", "36.00");
    cluster.node("told-a", "told");
    cluster.node("told-b", "told");
    String home = cluster.namespace("installation");
    String namespace = cluster.namespace("holds");
    try (RunningOperator operator = new RunningOperator(cluster, home)) {
      cluster.budget(namespace, "100000");
      cluster.deployment(namespace, "chat", "told", 1);
      await().until(() -> "18.00".equals(status().allocatedHourlyCost()));
      assertThat(status().unallocatedHourlyCost()).isEqualTo("54.00");
      Bill bill = bill();
      sums(bill);
      assertThat(bill.namespaces())
          .singleElement()
          .satisfies(
              share -> {
                assertThat(share.namespace()).isEqualTo(namespace);
                assertThat(share.hourlyCost()).isEqualTo("18.00");
              });
      Instant asOf = Instant.parse(bill.asOf());
      assertThat(micros(bill.nodes()))
          .isEqualTo(seconds(created("told-a"), asOf) + seconds(created("told-b"), asOf));
      assertThat(micros(bill.allocated())).isEqualTo(seconds(scheduled(namespace), asOf) / 2);
      await().untilAsserted(() -> showsInMetrics(operator, namespace));
    }

    Instant known = Instant.parse(bill().asOf());
    Thread.sleep(Duration.ofSeconds(4));
    String holder = cluster.pods(namespace, "chat").getFirst().getSpec().getNodeName();
    cluster.client.nodes().withName(holder.equals("told-a") ? "told-b" : "told-a").delete();
    Instant joined = created(holder);
    try (RunningOperator _ = new RunningOperator(cluster, home)) {
      await().until(() -> "18.00".equals(status().unallocatedHourlyCost()));
      Bill bill = bill();
      sums(bill);
      assertThat(micros(Objects.requireNonNull(bill.unobserved())))
          .as("it was there when the status was written last, and gone by now at the latest")
          .isBetween(
              seconds(known, known.plusSeconds(4)), seconds(known, Instant.parse(bill.asOf())));
      assertThat(micros(bill.nodes())).isGreaterThan(seconds(joined, Instant.parse(bill.asOf())));
    }
  }

  private void showsInMetrics(RunningOperator operator, String namespace) {
    String[] pool = {"pool"};
    String[] told = {"told"};
    String[] holder = {"pool", "namespace"};
    String[] by = {"told", namespace};
    var registry = operator.registry;
    assertThat(registry.getSampleValue("comptroller_pool_unallocated_dollars_per_hour", pool, told))
        .isEqualTo(54.0);
    assertThat(registry.getSampleValue("comptroller_pool_allocated_dollars_per_hour", holder, by))
        .isEqualTo(18.0);
    assertThat(registry.getSampleValue("comptroller_pool_spent_dollars", pool, told)).isPositive();
    assertThat(registry.getSampleValue("comptroller_pool_allocated_dollars", holder, by))
        .isPositive();
    assertThat(registry.getSampleValue("comptroller_pool_unobserved_dollars", pool, told)).isZero();
  }

  private static void sums(Bill bill) {
    long shares = bill.namespaces().stream().mapToLong(share -> micros(share.spent())).sum();
    assertThat(shares).isEqualTo(micros(bill.allocated()));
    assertThat(micros(bill.allocated()) + micros(bill.unallocated()))
        .isEqualTo(micros(bill.nodes()));
    assertThat(bill.excess()).isNull();
  }

  private static long seconds(Instant from, Instant to) {
    return Duration.between(from, to).toSeconds() * HOUR / 3600;
  }

  private static long micros(String dollars) {
    return Money.parse(dollars).micros();
  }

  private Instant created(String name) {
    Node node = cluster.client.nodes().withName(name).get();
    return Instant.parse(node.getMetadata().getCreationTimestamp());
  }

  private Instant scheduled(String namespace) {
    return cluster.pods(namespace, "chat").stream()
        .flatMap(pod -> PodFacts.scheduledAt(pod).stream())
        .findFirst()
        .orElseThrow();
  }

  private Bill bill() {
    return Objects.requireNonNull(status().bill());
  }

  private GpuNodePoolStatus status() {
    GpuNodePool pool = cluster.client.resources(GpuNodePool.class).withName("told").get();
    return pool.getStatus() == null ? GpuNodePoolStatus.empty() : pool.getStatus();
  }
}
