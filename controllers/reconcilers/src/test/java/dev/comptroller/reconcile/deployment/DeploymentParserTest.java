package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import dev.comptroller.decide.scale.Schedule;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.desired.Engine;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @CsvSource({
    "'', '', DELAYS_ALL",
    "1s, '', DELAYS_ALL",
    "1s, 1100ms, DELAYS_ALL",
    "1s, 250ms, IS_REFUSED"
  })
  void shouldTakeASurplusForRefusedOnlyWhereEveryVariantBoundsItsQueueWithinHalfOfThePromise(
      String large, String small, Surplus expected) {
    String yaml =
        YAML.formatted("70", "pvc://models/a/l.gguf", "Bundled")
                .replace("gpus: 4", "gpus: 4" + batching(large))
                .replace("gpus: 1", "gpus: 1" + batching(small))
            + "  slo: {timeToFirstToken: 2s}\n";

    assertThat(valid(parse(yaml)).surplus()).isEqualTo(expected);
  }

  private static String batching(String time) {
    return time.isEmpty() ? "" : "\n    batching: {maxQueueTime: %s}".formatted(time);
  }

  @Test
  void shouldNameEveryFieldThatIsWrong() {
    assertThat(parse("95", "http://elsewhere/x", "Bundled"))
        .isInstanceOfSatisfying(
            Parsed.Invalid.class,
            invalid ->
                assertThat(invalid.finding().message())
                    .contains("spec.variants[0].model.uri")
                    .contains("spec.qualityFloor"));
  }

  @Test
  void shouldServeAFolderWithVllm() {
    Declared declared = valid(parse("70", "pvc://models/hf/large", "Vllm"));

    assertThat(declared.rungs().get("large"))
        .isNotNull()
        .satisfies(
            rung -> {
              assertThat(rung.engine()).isEqualTo(Engine.Vllm);
              assertThat(rung.path()).isEqualTo("hf/large");
              assertThat(rung.digest()).isNull();
            });
    assertThat(declared.rungs().get("small"))
        .isNotNull()
        .satisfies(rung -> assertThat(rung.engine()).isEqualTo(Engine.Bundled));
  }

  @ParameterizedTest
  @ValueSource(strings = {"F16", "BF16", "FP8", "AWQ", "GPTQ", "NVFP4", "MXFP4"})
  void shouldServeWhatAFolderMayHoldWithVllm(String quantization) {
    assertThat(valid(vllm("quantization: " + quantization)).variant("large").quantization())
        .isEqualTo(quantization);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "digest: sha256:aa | spec.variants[0].model.digest: is the digest of one file, and engine"
            + " Vllm reads a folder; leave it out",
        "quantization: Q8_0 | spec.variants[0].model.quantization: Q8_0 is llama.cpp's; with engine"
            + " Vllm declare one of [F16, BF16, MXFP4, NVFP4, FP8, AWQ, GPTQ], or leave it out",
        "quantization: F32 | spec.variants[0].model.quantization: F32 is llama.cpp's",
        "quantization: Q4_K_M | spec.variants[0].model.quantization: Q4_K_M is llama.cpp's",
      })
  void shouldNameWhatVllmCannotServe(String member, String says) {
    assertThat(vllm(member))
        .isInstanceOfSatisfying(
            Parsed.Invalid.class,
            invalid -> assertThat(invalid.finding().message()).contains(says));
    assertThat(
            parse(
                YAML.formatted("0", "pvc://models/large", "Bundled")
                    .replace("1.5B", "1.5B, " + member)))
        .as("the same is fine without vLLM")
        .isInstanceOf(Parsed.Valid.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"l.gguf", "large/model.safetensors", "large/pytorch_model.bin"})
  void shouldAskForTheFolderWhereVllmIsGivenAFile(String path) {
    assertThat(parse("0", "pvc://models/" + path, "Vllm"))
        .isInstanceOfSatisfying(
            Parsed.Invalid.class,
            invalid ->
                assertThat(invalid.finding().message())
                    .contains(
                        "spec.variants[0].model.uri: \"pvc://models/" + path + "\" is one file"));
  }

  private static Parsed<Declared> vllm(String member) {
    return parse(
        YAML.formatted("0", "pvc://models/large", "Vllm").replace("1.5B", "1.5B, " + member));
  }

  @Test
  void shouldReadWhatTheAutoscalerMayDo() {
    Declared declared =
        valid(
            parse(
                YAML.formatted("0", "pvc://models/l.gguf", "Bundled")
                    .replace(
                        "maxReplicas: 3}",
                        "maxReplicas: 3, idleTimeout: 90s, mode: Observe, "
                            + "schedules: [{name: office, timeZone: Europe/Berlin, days: [Monday, "
                            + "Friday], start: \"08:00\", end: \"18:30\", minReplicas: 2}]}")));

    assertThat(declared.scaling().asked()).isNull();
    assertThat(declared.scaling().observe()).isTrue();
    assertThat(declared.scaling().idleTimeout()).isEqualTo(Duration.ofSeconds(90));
    assertThat(declared.scaling().schedules())
        .containsExactly(
            new Schedule(
                "office",
                ZoneId.of("Europe/Berlin"),
                Set.of(DayOfWeek.MONDAY, DayOfWeek.FRIDAY),
                LocalTime.of(8, 0),
                LocalTime.of(18, 30),
                2));
  }

  @Test
  void shouldStartReplicasForWorkThatMayWaitUnlessOnlyIdleSlotsMayServeIt() {
    String yaml = YAML.formatted("0", "pvc://models/l.gguf", "Bundled");
    assertThat(valid(parse(yaml)).scaling().startsForBatch()).isTrue();
    String idle = yaml.replace("  scaling:", "  batch: {capacity: [Idle]}\n  scaling:");
    assertThat(valid(parse(idle)).scaling().startsForBatch()).isFalse();
    String spot = yaml.replace("  scaling:", "  batch: {capacity: [Idle, Spot]}\n  scaling:");
    assertThat(valid(parse(spot)).scaling().startsForBatch()).isTrue();
  }

  @Test
  void shouldNameTheFieldOfAScheduleThatIsWrong() {
    String wrong =
        YAML.formatted("0", "pvc://models/l.gguf", "Bundled")
            .replace(
                "maxReplicas: 3}",
                "maxReplicas: 3, idleTimeout: soon, schedules: [{name: night, timeZone: "
                    + "Mars/Olympus, days: [Monday], start: \"25:00\", end: \"06:00\", "
                    + "minReplicas: 2}]}");
    assertThat(parse(wrong))
        .isInstanceOfSatisfying(
            Parsed.Invalid.class,
            invalid ->
                assertThat(invalid.finding().message())
                    .contains("spec.scaling.idleTimeout: \"soon\" is no duration")
                    .contains(
                        "spec.scaling.schedules[0].timeZone: \"Mars/Olympus\" is no time zone")
                    .contains("spec.scaling.schedules[0].start: \"25:00\" is no time of day"));
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
    return parse(YAML.formatted(floor, uri, engine));
  }

  private static Parsed<Declared> parse(String yaml) {
    return DeploymentParser.parse(
        new KubernetesSerialization().unmarshal(yaml, ModelDeployment.class));
  }
}
