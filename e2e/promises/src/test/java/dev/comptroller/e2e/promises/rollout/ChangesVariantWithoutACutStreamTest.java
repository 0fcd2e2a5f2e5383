package dev.comptroller.e2e.promises.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The owner swaps the rungs of a ladder again and again while streams run: every stream comes to
/// its own end, and says which variant answered.
///
/// `-Drollout.rounds=20 -Drollout.streams=32` is the full size; a round is one change. From twenty
/// rounds on there are enough first tokens to hold their p99 during changes to that between them.
@Tag("integration")
class ChangesVariantWithoutACutStreamTest {
  private static final int ROUNDS = Integer.getInteger("rollout.rounds", 1);
  private static final int STREAMS = Integer.getInteger("rollout.streams", 8);
  private static final int ENOUGH = 20;
  private static final double SLOWEST = 1.5;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Duration BASELINE = Duration.ofSeconds(4);

  /// One stream that came to its end.
  private record Stream(String variant, long firstMillis, boolean changing, String finish) {}

  private final ConcurrentLinkedQueue<Stream> streams = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean goesOn = new AtomicBoolean(true);
  private final AtomicBoolean changing = new AtomicBoolean();

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES) // The full size takes ten.
  void shouldFinishEveryStreamWhileTheVariantChanges() throws InterruptedException {
    LocalFleet fleet = SharedFleet.real();
    try (Tenant tenant = Tenant.create(fleet, "rollout");
        Traffic traffic = tenant.traffic()) {
      // Without a budget the owner alone decides, and no dwell of a budget holds the way back.
      tenant.kubectl().run("-n", tenant.namespace(), "delete", "inferencebudget", "budget");
      deploy(tenant, "q4", "tiny");
      reached(tenant, "q4");
      await("the first answer")
          .atMost(Tenant.PATIENCE)
          .ignoreExceptions()
          .until(() -> traffic.ask("hello", 2).completionTokens() > 0);
      long began = System.nanoTime();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < STREAMS; i++) {
          threads.execute(() -> ask(traffic, asked));
        }
        try {
          Thread.sleep(BASELINE);
          for (int round = 0; round < ROUNDS; round++) {
            boolean down = round % 2 == 0;
            String to = down ? "tiny" : "q4";
            changing.set(true);
            deploy(tenant, to, down ? "q4" : "tiny");
            reached(tenant, to);
            changing.set(false);
          }
        } finally {
          goesOn.set(false);
        }
      }
      tell((System.nanoTime() - began) / 1e9);
    }
    assertThat(failures).as("failed or cut streams").isEmpty();
    assertThat(streams).allMatch(s -> s.finish().equals("stop") || s.finish().equals("length"));
    assertThat(streams).extracting(Stream::variant).contains("q4", "tiny");
    if (ROUNDS >= ENOUGH) {
      assertThat((double) p99(true))
          .as("p99 of the first token in ms during changes, beside %d between them", p99(false))
          .isLessThanOrEqualTo(SLOWEST * p99(false));
    }
  }

  private void ask(Traffic traffic, AtomicInteger asked) {
    while (goesOn.get()) {
      int number = asked.incrementAndGet();
      long began = System.nanoTime();
      List<Long> first = new ArrayList<>();
      try {
        Traffic.Answer answer =
            traffic.stream(
                "Write down the number %d and a story about it.".formatted(number),
                24,
                _ -> {
                  if (first.isEmpty()) {
                    first.add((System.nanoTime() - began) / 1_000_000);
                  }
                });
        if (answer.completionTokens() == 0 || answer.finishReason().isEmpty()) {
          failures.add("stream %d was cut: %s".formatted(number, answer));
        } else {
          streams.add(
              new Stream(
                  answer.headers().getOrDefault("x-comptroller-variant", ""),
                  first.isEmpty() ? 0 : first.getFirst(),
                  changing.get(),
                  answer.finishReason()));
        }
      } catch (RuntimeException e) {
        failures.add("stream %d failed: %s".formatted(number, e));
      }
    }
  }

  private void tell(double seconds) {
    Map<String, Integer> variants = new TreeMap<>();
    streams.forEach(s -> variants.merge(s.variant(), 1, Integer::sum));
    long before = p99(false);
    long during = p99(true);
    System.err.printf(
        "%d changes under %d streams: %d streams ended, %d failed or cut, %s, %.0f s;"
            + " p99 of the first token %d ms between and %d ms during changes (%.2f)%n",
        ROUNDS,
        STREAMS,
        streams.size(),
        failures.size(),
        variants,
        seconds,
        before,
        during,
        before == 0 ? Double.NaN : (double) during / before);
  }

  private long p99(boolean during) {
    List<Long> times =
        streams.stream()
            .filter(s -> s.changing() == during)
            .map(Stream::firstMillis)
            .sorted()
            .toList();
    return times.isEmpty() ? 0 : times.get((int) Math.ceil(times.size() * 0.99) - 1);
  }

  private static void reached(Tenant tenant, String variant) {
    await("%s serves alone".formatted(variant))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .until(
            () -> {
              JsonNode status = tenant.deployment().path("status");
              List<JsonNode> pods = tenant.pods();
              return variant.equals(status.path("activeVariant").asText())
                  && status.path("transition").isMissingNode()
                  && pods.size() == 1
                  && "True"
                      .equals(Kubectl.condition(pods.getFirst(), "Ready").path("status").asText());
            });
  }

  private static void deploy(Tenant tenant, String best, String second) {
    tenant
        .kubectl()
        .apply(DEPLOYMENT.formatted(tenant.namespace(), variant(best, 60), variant(second, 40)));
  }

  private static String variant(String name, int quality) {
    String file = name.equals("q4") ? "SmolLM2-135M-Instruct.Q4_1.gguf" : "stand-in-tiny.gguf";
    return VARIANT.formatted(name, quality, file).indent(2).stripTrailing();
  }

  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata:
        name: tiny
        namespace: %s
      spec:
        replicas: 1
        scaling:
          minReplicas: 0
          maxReplicas: 4
        variants:
      %s
      %s
      """;

  private static final String VARIANT =
      """
      - name: %s
        quality: %d
        pool: h100
        gpus: 1
        model:
          uri: pvc://models/%s
          contextLength: 1024
        batching:
          maxSequences: 16
          maxBatchedTokens: 256
          maxQueued: 64
        throughput:
          tokensPerSecond: 400
      """;
}
