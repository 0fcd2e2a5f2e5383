package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a killed process leaves behind for the next one.
@Tag("integration")
@Timeout(60)
class CrashTest {
  private static final long INTERVAL = 200_000_000;
  private static final int GPUS = 2;

  @TempDir private Path folder = Path.of("");

  @Test
  void shouldLoseSightOfAtMostOneFlushIntervalWhenKilled() throws Exception {
    Path file = folder.resolve("journal.json");
    try (HttpClient client = HttpClient.newHttpClient()) {
      JsonNode before;
      long killed;
      try (ServerProcess process = start(file)) {
        ask(client, process, "req-broken");
        await().until(() -> read(file).at("/requests/0/gpu_ns").asLong() > 0);
        killed = process.kill();
        before = read(file);
      }
      try (ServerProcess process = start(file)) {
        JsonNode after = await().until(() -> read(file), c -> c.path("crashes").asInt() == 1);
        assertThat(sum(after)).isEqualTo((ns(after, "at_ns") - ns(after, "since_ns")) * GPUS);
        assertThat(ns(after, "since_ns")).isEqualTo(ns(before, "since_ns"));
        long unobserved = after.at("/states/unobserved").asLong();
        assertThat(unobserved).isPositive().isLessThanOrEqualTo(INTERVAL * GPUS);
        assertThat(killed - ns(before, "at_ns"))
            .as("what was really lost is no more than that")
            .isLessThanOrEqualTo(unobserved / GPUS + 250_000_000);
        assertThat(after.at("/broken/0")).isEqualTo(before.at("/requests/0"));
        assertThat(after.at("/broken/0/id").asText()).isEqualTo("req-broken");
        assertThat(ns(after, "broken_ns")).isEqualTo(before.at("/requests/0/gpu_ns").asLong());
        assertThat(ns(after, "attributed_ns")).isGreaterThanOrEqualTo(ns(after, "broken_ns"));
        assertThat(process.metrics(client))
            .contains("state=\"unobserved\"} " + unobserved + "\n")
            .contains("comptroller_gpus{model_name=\"m\",engine=\"0\"} 2\n");
        process.end();
        JsonNode last = read(file);
        assertThat(last.path("ended").asBoolean()).isTrue();
        assertThat(sum(last)).isEqualTo((ns(last, "at_ns") - ns(last, "since_ns")) * GPUS);
      }
    }
  }

  private static ServerProcess start(Path file) throws Exception {
    return ServerProcess.start(
        List.of(
            "--gpus",
            String.valueOf(GPUS),
            "--journal",
            file.toString(),
            "--journal-millis",
            String.valueOf(INTERVAL / 1_000_000),
            "--simulated-answer-tokens",
            "0",
            "--simulated-step-nanos",
            "20000000"));
  }

  private static void ask(HttpClient client, ServerProcess process, String id) {
    var _ =
        client.sendAsync(
            HttpRequest.newBuilder(URI.create(process.address() + "/v1/completions"))
                .header("content-type", "application/json")
                .header("x-request-id", id)
                .POST(
                    BodyPublishers.ofString(
                        "{\"model\":\"m\",\"prompt\":\"x\",\"max_tokens\":4000,\"stream\":true}"))
                .build(),
            BodyHandlers.discarding());
  }

  private static JsonNode read(Path file) throws Exception {
    return Wire.json(Files.readString(file));
  }

  private static long ns(JsonNode content, String field) {
    return content.path(field).asLong();
  }

  private static long sum(JsonNode content) {
    long sum = 0;
    for (JsonNode nanos : content.path("states")) {
      sum += nanos.asLong();
    }
    return sum;
  }

  /// A runtime with the simulated engine as a process.
  private record ServerProcess(Process process, String address) implements AutoCloseable {
    static ServerProcess start(List<String> more) throws Exception {
      var args = new java.util.ArrayList<>(List.of("--engine", "simulated", "--port", "0"));
      args.addAll(more);
      Process process = ProcessTest.start(args.toArray(String[]::new));
      var started = new ServerProcess(process, ProcessTest.address(process.errorReader()));
      try (HttpClient client = HttpClient.newHttpClient()) {
        await().until(() -> started.get(client, "/health/ready").statusCode() == 200);
      }
      return started;
    }

    /// Kills it and says when it was dead, in nanoseconds since 1970.
    long kill() throws Exception {
      process.destroyForcibly();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      var now = java.time.Instant.now();
      return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    void end() throws Exception {
      process.destroy();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }

    String metrics(HttpClient client) throws Exception {
      return get(client, "/metrics").body();
    }

    private java.net.http.HttpResponse<String> get(HttpClient client, String path)
        throws Exception {
      return client.send(
          HttpRequest.newBuilder(URI.create(address + path)).build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
