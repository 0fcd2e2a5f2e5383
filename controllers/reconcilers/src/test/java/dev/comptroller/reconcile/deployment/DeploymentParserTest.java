package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DeploymentParserTest {
  private static final String YAML =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: chat, namespace: team}
      spec:
        qualityFloor: %s
        scaling: {minReplicas: 1, maxReplicas: 3}
        variants:
        - name: large
          model: {uri: "%s", parameters: 1.5B}
          engine: %s
          gpus: 4
          pool: h100
          quality: 90
        - name: small
          model: {uri: "pvc://models/s.gguf"}
          gpus: 1
          pool: h100
          quality: 60
      """;

  @Test
  void shouldTakeTheLowestRungThatTheFloorAllows() {
    Declared declared = valid(parse("70", "pvc://models/a/l.gguf", "Bundled"));

    assertThat(declared.policy().qualityFloor()).isEqualTo("large");
    assertThat(declared.policy().requestedReplicas()).isEqualTo(1);
    assertThat(declared.variant("large").parameters()).isEqualTo(1_500_000_000L);
    assertThat(declared.rungs().get("large"))
        .isNotNull()
        .satisfies(
            rung -> {
              assertThat(rung.claim()).isEqualTo("models");
              assertThat(rung.path()).isEqualTo("a/l.gguf");
            });
    assertThat(declared.window()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void shouldNameEveryFieldThatIsWrong() {
    assertThat(parse("95", "http://elsewhere/x", "Vllm"))
        .isInstanceOfSatisfying(
            Parsed.Invalid.class,
            invalid ->
                assertThat(invalid.finding().message())
                    .contains("spec.variants[0].engine")
                    .contains("spec.variants[0].model.uri")
                    .contains("spec.qualityFloor"));
  }

  @Test
  void shouldReadDurations() {
    assertThat(DeploymentParser.duration("1h30m")).isEqualTo(Duration.ofMinutes(90));
    assertThat(DeploymentParser.duration("500ms")).isEqualTo(Duration.ofMillis(500));
    assertThatThrownBy(() -> DeploymentParser.duration("1 day"))
        .hasMessageContaining("no duration");
  }

  private static Declared valid(Parsed<Declared> parsed) {
    if (parsed instanceof Parsed.Valid<Declared>(Declared declared)) {
      return declared;
    }
    throw new AssertionError(parsed.toString());
  }

  private static Parsed<Declared> parse(String floor, String uri, String engine) {
    return DeploymentParser.parse(
        new KubernetesSerialization()
            .unmarshal(YAML.formatted(floor, uri, engine), ModelDeployment.class));
  }
}
