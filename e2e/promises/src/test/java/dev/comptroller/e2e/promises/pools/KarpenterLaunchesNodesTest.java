package dev.comptroller.e2e.promises.pools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// A real Karpenter launches and removes nodes because a pool says so.
@Tag("integration")
class KarpenterLaunchesNodesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String PROVISIONER =
      """
      karpenter:
        nodeClass: {group: karpenter.kwok.sh, kind: KWOKNodeClass, name: default}
        requirements:
        - {key: node.kubernetes.io/instance-type, operator: In, values: [eight-gpus]}
        staticCapacity: %s
      """;

  @Test
  void shouldLaunchNodesWithinTheLimitForPodsThatWaitAndRemoveThem() throws Exception {
    launchAndRemove(false);
  }

  /// Asked for by name only: two replicas that come at once may get a node each, which then stay.
  @Test
  @EnabledIfSystemProperty(named = "karpenter.static", matches = "true")
  void shouldKeepAsManyNodesAsThePoolSays() throws Exception {
    launchAndRemove(true);
  }

  private static void launchAndRemove(boolean fixed) throws Exception {
    try (Provisioned fleet = new Provisioned(KarpenterOnKwok.definitions().resolve("karpenter"));
        KarpenterOnKwok karpenter = KarpenterOnKwok.start(fleet.plane, fixed)) {
      fleet.apply(
          """
          apiVersion: karpenter.kwok.sh/v1alpha1
          kind: KWOKNodeClass
          metadata: {name: default}
          """);
      fleet.pool(PROVISIONER.formatted(fixed));
      until(fleet, karpenter, () -> fleet.condition("Provisioning").startsWith("False/Steady"));
      assertThat(fleet.nodes()).isEmpty();

      fleet.deployment(2);
      until(fleet, karpenter, () -> fleet.nodes().size() == 1 && fleet.ready() == 2);
      until(fleet, karpenter, () -> "19.00".equals(fleet.status().hourlyCost()));

      fleet.scale(5);
      until(fleet, karpenter, () -> fleet.nodes().size() == 2 && fleet.ready() == 4);
      until(
          fleet,
          karpenter,
          () ->
              fleet
                  .condition("Provisioning")
                  .equals(
                      "False/CeilingReached: 3 nodes of $19.00/h would be $57.00/h, ceiling"
                          + " $40.00"));
      assertThat(fleet.condition("WithinCeiling")).startsWith("False/CeilingReached: ");
      until(fleet, karpenter, () -> "38.00".equals(fleet.status().hourlyCost()));
      List<String> launched =
          fleet.nodes().stream().map(Node::getMetadata).map(m -> m.getName()).toList();
      await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(8))
          .until(() -> fleet.nodes().size() == launched.size());

      fleet.scale(0);
      until(
          fleet,
          karpenter,
          () -> {
            fleet.endLeaving();
            return fleet.nodes().isEmpty();
          });
      until(fleet, karpenter, () -> "0.00".equals(fleet.status().hourlyCost()));
    }
  }

  private static void until(Provisioned fleet, KarpenterOnKwok karpenter, Callable<Boolean> holds) {
    fleet.until(PATIENCE, holds, karpenter::lastLines);
  }
}
