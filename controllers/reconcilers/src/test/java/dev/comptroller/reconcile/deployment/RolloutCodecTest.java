package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.rollout.Leg;
import dev.comptroller.decide.rollout.Past;
import dev.comptroller.decide.rollout.RolloutState;
import dev.comptroller.decide.rollout.Step;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutCodecTest {
  private static final Instant NOW = Instant.parse("2026-03-02T06:00:00Z");

  @Test
  void shouldReadWhatItWroteOfWhatChangesTaught() {
    List<Past> past =
        List.of(
            new Past("large", "0f3a9c21d4e5b607", Duration.ofSeconds(190)),
            new Past("medium", "", Duration.ofSeconds(60)),
            new Past("small", "88aa", Duration.ZERO));
    RolloutState state =
        new RolloutState(
            "large", List.of(new Leg("large", 100, 2, 2, 7)), null, null, NOW, 1, 7, past);
    ModelDeploymentStatus before = DeploymentReport.previous(new ModelDeployment());

    ModelDeploymentStatus status =
        RolloutCodec.write(before, new Step(state, List.of(), Step.STEADY, "", null), "large");

    assertThat(RolloutCodec.read(status, "chat", List.of())).isEqualTo(state);
  }

  @Test
  void shouldKnowWhatReplicasAreMadeOfOnlyWhereAllAreOfThePresentTemplate() {
    assertThat(RolloutObserver.template(deployment(4, 4, 3, 3))).isEqualTo("88aa");
    assertThat(RolloutObserver.template(deployment(4, 3, 3, 3))).isEmpty();
    assertThat(RolloutObserver.template(deployment(4, 4, 3, 2))).isEmpty();
    assertThat(
            RolloutObserver.template(
                new DeploymentBuilder().withNewMetadata().endMetadata().build()))
        .isEmpty();
  }

  private static Deployment deployment(long generation, long observed, int pods, int updated) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withGeneration(generation)
        .addToAnnotations(Names.TEMPLATE_ANNOTATION, "88aa")
        .endMetadata()
        .withNewStatus()
        .withObservedGeneration(observed)
        .withReplicas(pods)
        .withUpdatedReplicas(updated)
        .endStatus()
        .build();
  }
}
