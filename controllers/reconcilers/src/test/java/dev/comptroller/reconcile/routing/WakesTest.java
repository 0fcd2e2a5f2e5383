package dev.comptroller.reconcile.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Wake;
import dev.comptroller.protocol.routing.RoutingTable;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WakesTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");
  private static final String SUSPENDED =
      """
      status:
        conditions:
        - {type: WithinBudget, status: "False", reason: Suspended, message: "0 replicas are paid for"}
      """;

  private static Route route(String scaling, String more, Optional<Account> account) {
    ModelDeployment deployment =
        new KubernetesSerialization()
            .unmarshal(
                """
                apiVersion: comptroller.dev/v1alpha1
                kind: ModelDeployment
                metadata: {name: chat, namespace: team}
                spec:
                  qualityFloor: 50
                  scaling: {%s}
                  variants:
                  - name: large
                    model: {uri: "pvc://models/l.gguf"}
                    gpus: 1
                    pool: h100
                    quality: 90
                    batching: {maxSequences: 8, maxQueued: 24}
                %s"""
                    .formatted(scaling, more),
                ModelDeployment.class);
    return Routes.of(
        deployment, List.of(), Map.of(), account, null, (_, _, _, _, _) -> Optional.empty(), NOW);
  }

  private static @Nullable Wake wake(String scaling, String more, Optional<Account> account) {
    return route(scaling, more, account).wake();
  }

  private static Optional<Account> account(
      boolean observe, @Nullable Instant fundedUntil, boolean suspended) {
    return Optional.of(
        new Account(
            "team",
            "month",
            NOW.minusSeconds(60),
            NOW.plusSeconds(60),
            true,
            observe,
            fundedUntil,
            null,
            null,
            null,
            new Account.Traffic(false, null, null, suspended, "", null),
            List.of()));
  }

  @Test
  void shouldLetRequestsWaitForADeploymentThatMayBeAtZeroAsManyAsOneReplicaTakes() {
    assertThat(wake("minReplicas: 0", "", Optional.empty())).isEqualTo(new Wake(32, 540_000));
    assertThat(wake("minReplicas: 0", "", account(false, NOW.plusSeconds(1), false))).isNotNull();
    assertThat(wake("minReplicas: 0", "", account(true, NOW, true))).as("observed").isNotNull();
  }

  @Test
  void shouldLetNobodyWaitWhereNoReplicaComes() {
    assertThat(wake("minReplicas: 1", "", Optional.empty())).isNull();
    assertThat(wake("minReplicas: 0, mode: Observe", "", Optional.empty())).isNull();
    assertThat(wake("minReplicas: 0", "", account(false, NOW, false))).as("no money").isNull();
    assertThat(wake("minReplicas: 0", "", account(false, null, true))).as("suspended").isNull();
    assertThat(wake("minReplicas: 0", SUSPENDED, Optional.empty())).as("not granted").isNull();
  }

  @Test
  void shouldWriteAndReadItAndLeaveItOutWhereNobodyMayWait() {
    Route asleep = route("minReplicas: 0", "", Optional.empty());
    Route awake = route("minReplicas: 1", "", Optional.empty());
    RoutingTable table = new RoutingTable(RoutingTable.SCHEMA, List.of(asleep), List.of());
    String text = RoutingCodec.write(table);
    assertThat(text).contains("\"wake\":{\"holdMillis\":540000,\"maxWaiting\":32}");
    assertThat(RoutingCodec.read(text)).contains(table);
    assertThat(RoutingCodec.write(new RoutingTable(RoutingTable.SCHEMA, List.of(awake), List.of())))
        .doesNotContain("wake");
  }
}
