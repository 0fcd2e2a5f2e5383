package dev.comptroller.e2e.promises.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.openai.errors.RateLimitException;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// `batching` of a variant, changed by `kubectl apply`, is what the runtime obeys.
@Tag("integration")
class BatchingLimitsBindTest {
  private static final int REQUESTS = 24;
  private static final String LONG_PROMPT = "count the tokens of this prompt please ".repeat(20);

  @Test
  void shouldObeyChangedSequencesTokensAndQueue() throws Exception {
    LocalFleet fleet = SharedFleet.real();
    try (Tenant tenant = Tenant.create(fleet, "limits")) {
      tenant.deploy(1, 1, 8, 128, 64);
      Observed wide = observe(tenant);
      assertThat(wide.refused()).isZero();
      assertThat(wide.largestBatch()).isGreaterThan(2).isLessThanOrEqualTo(8);
      assertThat(wide.largestStep()).isLessThanOrEqualTo(128).isGreaterThan(16);

      tenant.deploy(1, 1, 2, 16, 4);
      Observed narrow = observe(tenant);
      assertThat(narrow.largestBatch()).isLessThanOrEqualTo(2);
      assertThat(narrow.largestStep()).isLessThanOrEqualTo(16);
      assertThat(narrow.refused()).as("requests over 2 running and 4 queued").isPositive();
      System.err.printf("limits 8/128/64: %s; limits 2/16/4: %s%n", wide, narrow);
    }
  }

  /// What one burst of requests showed.
  private record Observed(int largestBatch, int largestStep, int refused, int answered) {}

  private static Observed observe(Tenant tenant) throws Exception {
    awaitRollout(tenant);
    int refused = 0;
    int answered = 0;
    try (Traffic traffic = tenant.traffic();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> asked = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        Callable<Boolean> ask = () -> traffic.ask(LONG_PROMPT, 32).completionTokens() > 0;
        asked.add(threads.submit(ask));
      }
      for (Future<Boolean> future : asked) {
        try {
          assertThat(future.get()).isTrue();
          answered++;
        } catch (ExecutionException e) {
          assertThat(e.getCause()).isInstanceOf(RateLimitException.class);
          refused++;
        }
      }
    }
    String metrics = metrics(tenant);
    return new Observed(
        largest(metrics, "comptroller_step_sequences"),
        largest(metrics, "comptroller_step_tokens"),
        refused,
        answered);
  }

  private static void awaitRollout(Tenant tenant) {
    await("the deployment's newest generation serves")
        .atMost(Tenant.PATIENCE)
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              assertThat(tenant.deployment().path("status").path("observedGeneration"))
                  .isEqualTo(tenant.deployment().path("metadata").path("generation"));
              tenant
                  .kubectl()
                  .run(
                      "-n",
                      tenant.namespace(),
                      "rollout",
                      "status",
                      "deployment/tiny-seeded",
                      "--timeout=1s");
            });
    tenant.awaitReady(1);
    await("the gateway routes to it")
        .atMost(Tenant.PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              try (Traffic traffic = tenant.traffic()) {
                return traffic.ask("hello", 1).completionTokens() > 0;
              }
            });
  }

  private static String metrics(Tenant tenant) throws IOException, InterruptedException {
    String address = tenant.pods().getFirst().path("status").path("podIP").asText();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + address + ":8000/metrics")).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /// The lower bound that the histogram's largest non-empty bucket allows: the smallest bound that
  /// holds all observations.
  private static int largest(String metrics, String histogram) {
    double count = value(metrics, histogram + "_count");
    return metrics
        .lines()
        .filter(line -> line.startsWith(histogram + "_bucket"))
        .filter(line -> !line.contains("+Inf"))
        .filter(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) >= count)
        .mapToInt(line -> (int) Double.parseDouble(line.replaceAll(".*le=\"([0-9.]+)\".*", "$1")))
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  private static double value(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
