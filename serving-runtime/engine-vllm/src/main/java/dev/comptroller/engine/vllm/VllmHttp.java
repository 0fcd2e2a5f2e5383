package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// vLLM's HTTP API, as far as it is used; safe from any thread.
final class VllmHttp implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final int MAX_ANSWER = 64 << 20;

  private final ObjectMapper json = new ObjectMapper();
  private final URI base;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .executor(threads)
          .build();

  VllmHttp(URI base) {
    this.base = base;
  }

  /// A status and what came with it.
  record Answer(int status, String body) {}

  /// Gets a page.
  Answer get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(base.resolve(path)).timeout(ANSWER).build());
  }

  /// Gets JSON.
  JsonNode json(String path) throws IOException, InterruptedException {
    return good(path, get(path));
  }

  /// Posts JSON and takes JSON.
  Answer post(String path, JsonNode body) throws IOException, InterruptedException {
    return send(posting(path, body).timeout(ANSWER).build());
  }

  /// Posts JSON and takes an answer that comes in lines.
  CompletableFuture<HttpResponse<InputStream>> stream(String path, JsonNode body) {
    return http.sendAsync(posting(path, body).build(), HttpResponse.BodyHandlers.ofInputStream());
  }

  /// The JSON of an answer that must be good.
  JsonNode good(String path, Answer answer) throws IOException {
    if (answer.status() != 200) {
      throw new IOException(
          "vLLM answered %s with %d: %s".formatted(path, answer.status(), reason(answer.body())));
    }
    return read(answer.body());
  }

  /// Reads JSON.
  JsonNode read(String text) throws IOException {
    return json.readTree(text);
  }

  /// What an answer that is not good says.
  String reason(String body) {
    try {
      JsonNode tree = json.readTree(body);
      JsonNode message = tree.path("error").path("message");
      String text = message.isTextual() ? message.asText() : tree.path("message").asText();
      return text.isEmpty() ? cut(body) : cut(text);
    } catch (JsonProcessingException _) {
      return cut(body);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }

  private HttpRequest.Builder posting(String path, JsonNode body) {
    return HttpRequest.newBuilder(base.resolve(path))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
  }

  private Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(MAX_ANSWER);
      return new Answer(response.statusCode(), new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private static String cut(String text) {
    String bare = text.strip();
    return bare.length() <= 300 ? bare : bare.substring(0, 300) + "...";
  }
}
