package dev.comptroller.e2e.promises.conserves;

import dev.comptroller.e2e.promises.conserves.MeteredNode.Pod;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Streams and whole answers, interactive and batch, with pauses; counts the GPU time that answers
/// tell.
final class MixedTraffic implements AutoCloseable {
  private static final int CLIENTS = 3;
  private static final Pattern TOLD =
      Pattern.compile("\"gpu_ns\":(\\d+)}\n\ndata: \\[DONE]", Pattern.MULTILINE);

  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, Map<String, Long>> told = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;

  MixedTraffic(MeteredNode node, List<Pod> pods) {
    for (Pod pod : pods) {
      told.put(pod.name(), new ConcurrentHashMap<>());
      String address = node.address(pod.name());
      for (int i = 0; i < CLIENTS; i++) {
        Random random = new Random(i);
        threads.add(Thread.ofVirtual().start(() -> run(pod.name(), address, random)));
      }
    }
  }

  /// Lets running requests end.
  ///
  /// @return the GPU-nanoseconds that whole answers told, by pod and request id
  SortedMap<String, Map<String, Long>> stop() throws InterruptedException {
    stopping = true;
    for (Thread thread : threads) {
      thread.join();
    }
    return new TreeMap<>(told);
  }

  private void run(String pod, String address, Random random) {
    while (!stopping) {
      try {
        ask(pod, address, random);
        Thread.sleep(random.nextInt(200));
      } catch (IOException _) {
        pause(); // a killed runtime: its pod restarts it
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  private void ask(String pod, String address, Random random)
      throws IOException, InterruptedException {
    boolean stream = random.nextBoolean();
    String body =
        "{\"model\":\"%s\",\"prompt\":\"%s\",\"max_tokens\":%d,\"stream\":%b}"
            .formatted(
                pod, "some words ".repeat(1 + random.nextInt(8)), 5 + random.nextInt(35), stream);
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .header("x-comptroller-meter", "1")
                .header("x-comptroller-class", random.nextInt(3) == 0 ? "batch" : "interactive")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(answer.statusCode() + ": " + answer.body());
    }
    String id = answer.headers().firstValue("x-request-id").orElseThrow();
    Objects.requireNonNull(told.get(pod)).put(id, gpuNanos(answer, stream));
  }

  private static long gpuNanos(HttpResponse<String> answer, boolean stream) throws IOException {
    if (!stream) {
      return answer.headers().firstValueAsLong("x-comptroller-gpu-ns").orElseThrow();
    }
    Matcher usage = TOLD.matcher(answer.body());
    if (!usage.find()) {
      throw new IOException("no usage in " + answer.body());
    }
    return Long.parseLong(usage.group(1));
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopping = true;
    threads.forEach(Thread::interrupt);
    client.shutdownNow();
  }
}
