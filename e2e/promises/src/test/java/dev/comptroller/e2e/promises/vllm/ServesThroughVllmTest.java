package dev.comptroller.e2e.promises.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.FleetOptions;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.ModelCache;
import dev.comptroller.e2e.fleet.Progress;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A variant with engine Vllm is applied, serves through the gateway, serves again when vLLM has
/// died, is metered and billed, and leaves without cutting an answer.
///
/// `-Dvllm=PROGRAM -Dvllm.model=FOLDER` runs a real vLLM with a real model; without them a stand-in
/// answers in its words.
@Tag("integration")
class ServesThroughVllmTest {
  private static final Duration PATIENCE = Duration.ofMinutes(real() ? 15 : 2);
  /// By which the stand-in's process is found; the class path hides what comes after it.
  private static final String MARK = "-Dvllm.stand-in";

  private static final int STREAMS = 6;
  private static final int TOKENS = 40;

  @Test
  void shouldServeBillRestartAndDrainAVariantThatVllmComputes(@TempDir Path temp) throws Exception {
    Path model = temp.resolve("model");
    if (real()) {
      Files.createSymbolicLink(model, Path.of(System.getProperty("vllm.model")));
    } else {
      VllmStandIn.writeFolder(model);
    }
    FleetOptions options =
        FleetOptions.of(ModelCache.Kind.SEEDED)
            .withImages(List.of(ImageConfig.program("vllm/vllm-openai", program(), Map.of())));
    Progress progress = Progress.timed(System.err, InstantSource.system());
    try (LocalFleet fleet = LocalFleet.start(options, progress);
        Tenant tenant = Tenant.create(fleet, "vllm");
        Traffic traffic = tenant.traffic()) {
      tenant.kubectl().apply(CLAIM.replace("FOLDER", temp.toString()));
      tenant.kubectl().apply(DEPLOYMENT);
      await("the gateway answers")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(500))
          .ignoreExceptions()
          .until(() -> traffic.ask("Hello", 2).completionTokens() > 0);

      Traffic.Answer answer = traffic.ask("What is the capital of France?", 16);
      assertThat(answer.completionTokens()).isBetween(1L, 16L);
      assertThat(answer.headers()).containsEntry("x-comptroller-variant", "large");
      assertThat(new BigDecimal(answer.headers().get("x-comptroller-cost"))).isPositive();
      assertThat(containers(tenant)).containsExactly("runtime", "vllm");

      if (!real()) {
        killVllm();
        await("it is answered again")
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(500))
            .ignoreExceptions()
            .until(() -> restarts(tenant) > 0 && traffic.ask("Hello", 2).completionTokens() > 0);
      }
      leaveWhileItAnswers(tenant);
      assertThat(stepSeconds).isPositive();
      await("the budget's status agrees with the node agent's bill")
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () ->
                  assertThat(micros(tenant.budget().path("status").path("spent").asText()))
                      .isPositive()
                      .isEqualTo(tenant.billedMicros()));
    }
  }

  private double stepSeconds;

  private void leaveWhileItAnswers(Tenant tenant) throws Exception {
    List<Traffic.Answer> answers = new ArrayList<>();
    try (Traffic traffic = tenant.traffic();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Traffic.Answer>> asked = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        String question = "Count to " + (100 + i);
        asked.add(threads.submit(() -> traffic.stream(question, TOKENS, _ -> {})));
      }
      await("all are with the replica")
          .atMost(PATIENCE)
          .until(() -> metric(tenant, "vllm:num_requests_running") >= Math.min(4, STREAMS));
      stepSeconds = metric(tenant, "comptroller_step_seconds_total");
      tenant.scale(0);
      for (Future<Traffic.Answer> each : asked) {
        answers.add(each.get());
      }
    }
    assertThat(answers)
        .hasSize(STREAMS)
        .allSatisfy(
            each -> {
              assertThat(each.finishReason()).isIn("stop", "length");
              assertThat(each.completionTokens()).isPositive();
            });
    await("no pod is left")
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(tenant.pods()).isEmpty());
  }

  private static void killVllm() {
    assertThat(
            ProcessHandle.current()
                .descendants()
                .filter(each -> each.info().commandLine().orElse("").contains(MARK))
                .filter(ProcessHandle::destroyForcibly)
                .count())
        .isPositive();
  }

  /// How often containers of the one pod were started again: vLLM, and the runtime that noticed.
  private static int restarts(Tenant tenant) {
    int restarts = 0;
    for (JsonNode status : tenant.pods().getFirst().path("status").path("containerStatuses")) {
      restarts += status.path("restartCount").asInt();
    }
    return restarts;
  }

  private static List<String> containers(Tenant tenant) {
    List<String> names = new ArrayList<>();
    for (JsonNode status : tenant.pods().getFirst().path("status").path("containerStatuses")) {
      assertThat(status.path("ready").asBoolean()).isTrue();
      assertThat(status.path("restartCount").asInt()).isZero();
      names.add(status.path("name").asText());
    }
    names.sort(null);
    return names;
  }

  private static double metric(Tenant tenant, String name)
      throws IOException, InterruptedException {
    String address = tenant.pods().getFirst().path("status").path("podIP").asText();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + address + ":8000/metrics")).build();
      String page = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      Matcher sample =
          Pattern.compile("^" + name + "(?:\\{.*})? (\\S+)$", Pattern.MULTILINE).matcher(page);
      return sample.find() ? Double.parseDouble(sample.group(1)) : 0;
    }
  }

  private static boolean real() {
    return System.getProperty("vllm") != null;
  }

  private static List<String> program() {
    if (real()) {
      return List.of(System.getProperty("vllm"), "serve");
    }
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        MARK,
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        classes,
        VllmStandIn.class.getName());
  }

  private static long micros(String dollars) {
    return dollars.isEmpty()
        ? 0
        : new BigDecimal(dollars)
            .movePointRight(6)
            .setScale(0, RoundingMode.HALF_UP)
            .longValueExact();
  }

  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata:
        name: vllm-weights
      spec:
        storageClassName: ""
        capacity:
          storage: 100Gi
        accessModes: [ReadOnlyMany]
        persistentVolumeReclaimPolicy: Retain
        hostPath:
          path: FOLDER
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: weights
        namespace: vllm
      spec:
        storageClassName: ""
        volumeName: vllm-weights
        accessModes: [ReadOnlyMany]
        resources:
          requests:
            storage: 1Gi
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata:
        name: tiny
        namespace: vllm
      spec:
        replicas: 1
        scaling:
          minReplicas: 0
          maxReplicas: 2
        variants:
        - name: large
          engine: Vllm
          pool: h100
          gpus: 1
          quality: 10
          model:
            uri: pvc://weights/model
            parameters: 135M
            contextLength: 1024
          batching:
            maxSequences: 4
            maxBatchedTokens: 256
            maxQueued: 16
          throughput:
            tokensPerSecond: 2800
          postedPrice:
            input: "1.00"
            output: "4.00"
      """;
}
