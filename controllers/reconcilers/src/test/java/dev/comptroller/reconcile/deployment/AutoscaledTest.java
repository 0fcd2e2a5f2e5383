package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.loop.Expected;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AutoscaledTest {
  private static final String YAML =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: chat, namespace: team, uid: "1"}
      spec:
        %s
        scaling: {minReplicas: 0, maxReplicas: 5}
        variants:
        - {name: large, model: {uri: "pvc://models/l.gguf"}, gpus: 4, pool: h100, quality: 90}
        - {name: small, model: {uri: "pvc://models/s.gguf"}, gpus: 1, pool: h100, quality: 60}
      status:
        activeVariant: large
        desiredReplicas: 2
        %s
      """;
  private static final String WANTS =
      "autoscaling: {variant: small, replicas: 3, reason: Demand, since:"
          + " \"2026-03-02T12:00:00Z\", startSeconds: 42}";

  private static ModelDeployment deployment(String spec, String status) {
    return new KubernetesSerialization()
        .unmarshal(YAML.formatted(spec, status), ModelDeployment.class);
  }

  private static Policy policy(ModelDeployment deployment) {
    return DeploymentParser.parse(deployment) instanceof Parsed.Valid<Declared>(Declared declared)
        ? Autoscaled.policy(deployment, declared)
        : throwing();
  }

  private static Policy throwing() {
    throw new AssertionError("the manifest is valid");
  }

  @Test
  void shouldLetABudgetDecideAboutWhatTheAutoscalerWants() {
    Policy wanted = policy(deployment("qualityFloor: 0", WANTS));
    assertThat(wanted.preferred()).isEqualTo("small");
    assertThat(wanted.requestedReplicas()).isEqualTo(3);
    assertThat(wanted.wanted()).extracting("name").containsExactly("small");
  }

  @Test
  void shouldLetABudgetDecideAboutWhatSomebodySetByHand() {
    Policy wanted = policy(deployment("replicas: 4", WANTS));
    assertThat(wanted.preferred()).isNull();
    assertThat(wanted.requestedReplicas()).isEqualTo(4);
  }

  @Test
  void shouldGoOnAfterARestartFromWhatTheStatusSays() {
    var told = DeploymentReport.previous(deployment("qualityFloor: 0", WANTS));
    assertThat(Autoscaled.resumed(told))
        .isEqualTo(ScaleState.resumed("small", 3, Instant.parse("2026-03-02T12:00:00Z")));
    assertThat(Autoscaled.start(told)).isEqualTo(Duration.ofSeconds(42));
  }

  @Test
  void shouldKeepTheReplicasThatRanBeforeItDecidedAnything() {
    var untold = DeploymentReport.previous(deployment("qualityFloor: 0", "replicas: 2"));
    assertThat(Autoscaled.resumed(untold)).isEqualTo(ScaleState.resumed("large", 2, null));
    assertThat(Autoscaled.start(untold)).isNull();
  }

  private static final String EXPECTS =
      "autoscaling: {variant: large, replicas: 2, reason: %s, expectedTokensPerSecond: \"5000\"}";

  private static Optional<Expected> expected(String spec, String status, int speed) {
    ModelDeployment deployment = deployment(spec, status);
    return DeploymentParser.parse(deployment) instanceof Parsed.Valid<Declared>(Declared declared)
        ? Autoscaled.expected(
            deployment,
            declared,
            variant ->
                variant.equals("large") && speed > 0
                    ? Optional.of(TokensPerSecond.of(speed))
                    : Optional.empty())
        : Optional.empty();
  }

  @Test
  void shouldLetABudgetKnowOfARiseBeforeItComes() {
    Expected told = expected("qualityFloor: 0", EXPECTS.formatted("Demand"), 2_800).orElseThrow();
    assertThat(told.over(TokensPerSecond.of(500))).isEqualTo(TokensPerSecond.of(5_000));
    assertThat(expected("qualityFloor: 0", EXPECTS.formatted("Settling"), 2_800)).contains(told);
  }

  @Test
  void shouldSayNothingOfADemandWhereSomethingElseBindsOrTheSpeedIsNotKnown() {
    for (String other : List.of("Minimum", "Maximum", "NoRoom", "Deferred", "Waiting", "Shared")) {
      assertThat(expected("qualityFloor: 0", EXPECTS.formatted(other), 2_800)).as(other).isEmpty();
    }
    assertThat(expected("replicas: 2", EXPECTS.formatted("Demand"), 2_800)).isEmpty();
    assertThat(expected("qualityFloor: 0", EXPECTS.formatted("Demand"), 0)).isEmpty();
    assertThat(expected("qualityFloor: 0", WANTS, 2_800)).isEmpty();
  }

  @Test
  void shouldTellABudgetTheMinutesOfADemandThatRepeats() {
    Instant now = Instant.parse("2026-03-02T12:00:00Z");
    DemandSeen asked =
        new DemandSeen(
            40, List.of(10.0, 30.0, 20.0, 40.5), now, WeekProfile.UNKNOWN, 0, 0, List.of(), now);
    String every = ", repeatsEveryMinutes: %d}";
    ModelDeployment repeats = deployment("qualityFloor: 0", WANTS.replace("}", every.formatted(3)));
    ModelDeployment longer = deployment("qualityFloor: 0", WANTS.replace("}", every.formatted(5)));

    assertThat(Autoscaled.repetition(repeats, () -> Optional.of(asked)))
        .containsExactly(
            TokensPerSecond.of(30), TokensPerSecond.of(20), new TokensPerSecond(40_500));
    DemandSeen waves =
        new DemandSeen(
            40,
            asked.minutes(),
            List.of(),
            List.of(),
            new Pulse(2),
            now,
            WeekProfile.UNKNOWN,
            0,
            0,
            List.of(),
            now);
    assertThat(Autoscaled.repetition(repeats, () -> Optional.of(waves)))
        .as("what their busiest quarters ask for")
        .containsExactly(TokensPerSecond.of(60), TokensPerSecond.of(40), TokensPerSecond.of(81));
    assertThat(Autoscaled.repetition(longer, () -> Optional.of(asked))).isEmpty();
    assertThat(Autoscaled.repetition(repeats, Optional::empty)).isEmpty();
    assertThat(
            Autoscaled.repetition(deployment("qualityFloor: 0", WANTS), () -> Optional.of(asked)))
        .isEmpty();
  }
}
