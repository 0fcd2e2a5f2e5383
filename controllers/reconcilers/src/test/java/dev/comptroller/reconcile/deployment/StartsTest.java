package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StartsTest {
  private static final Instant WANTED = Instant.parse("2026-03-02T12:00:00Z");

  private final Starts starts = new Starts();
  private final ModelDeployment deployment = deployment();

  private static ModelDeployment deployment() {
    ModelDeployment deployment = new ModelDeployment();
    deployment.setMetadata(
        new ObjectMetaBuilder().withName("chat").withNamespace("team").withUid("1").build());
    return deployment;
  }

  private static Pod pod(String uid, int seconds, String ready, int restarts) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(uid)
        .withUid(uid)
        .withCreationTimestamp(WANTED.toString())
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .withLastTransitionTime(WANTED.plusSeconds(seconds).toString())
        .endCondition()
        .addNewContainerStatus()
        .withName("runtime")
        .withRestartCount(restarts)
        .endContainerStatus()
        .endStatus()
        .build();
  }

  @Test
  void shouldTellTheMedianOfWhatReplicasTook() {
    assertThat(starts.of(deployment, List.of())).isNull();
    List<Pod> pods =
        List.of(pod("a", 20, "True", 0), pod("b", 30, "True", 0), pod("c", 300, "True", 0));
    assertThat(starts.of(deployment, pods)).isEqualTo(Duration.ofSeconds(30));
    // What is gone is remembered.
    assertThat(starts.of(deployment, List.of())).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void shouldNotLearnFromReplicasThatRestartedOrNeverServed() {
    assertThat(starts.of(deployment, List.of(pod("a", 900, "True", 1), pod("b", 5, "False", 0))))
        .isNull();
  }

  @Test
  void shouldForgetTheOldestOfMany() {
    for (int i = 0; i < 40; i++) {
      starts.of(deployment, List.of(pod("p" + i, i < 20 ? 600 : 60, "True", 0)));
    }
    assertThat(starts.of(deployment, List.of())).isEqualTo(Duration.ofSeconds(60));
  }
}
