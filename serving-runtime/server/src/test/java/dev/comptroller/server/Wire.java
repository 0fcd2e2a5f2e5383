package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.Engine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/// A server on a free port and a client without opinions.
final class Wire implements AutoCloseable {
  static final String MODEL = "team/house";
  static final int MAX_BODY = 64 * 1024;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  final RuntimeServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /* The loop waits for the step that is being computed. */
  private Runnable beforeClose = () -> {};

  private Wire(RuntimeServer server) {
    this.server = server;
  }

  /// A server that still loads its model.
  static Wire loading() throws IOException, InterruptedException {
    var settings =
        new RuntimeServer.Settings("127.0.0.1", 0, List.of(MODEL, "house"), "large", MAX_BODY);
    var sources = new RuntimeServer.Sources(Clock.systemUTC(), System::nanoTime, () -> 42);
    return new Wire(RuntimeServer.listen(settings, sources));
  }

  /// A server with an engine.
  static Wire serving(Engine engine, BatchLimits limits) throws IOException, InterruptedException {
    Wire wire = loading();
    wire.server.serve(engine, limits);
    if (engine instanceof ScriptedEngine scripted) {
      wire.beforeClose = scripted::letGo;
    }
    return wire;
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(uri(path)).method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return send("POST", path, body, "content-type", "application/json");
  }

  /// A chat request with more fields; the answer.
  HttpResponse<String> chat(String fields) throws IOException, InterruptedException {
    return post("/v1/chat/completions", chatBody(fields));
  }

  static String chatBody(String fields) {
    return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]%s}"
        .formatted(MODEL, fields.isEmpty() ? "" : "," + fields);
  }

  static JsonNode json(String text) throws IOException {
    return MAPPER.readTree(text);
  }

  /// The events of a stream, without the last `[DONE]`.
  static List<JsonNode> events(String stream) throws IOException {
    var events = new ArrayList<JsonNode>();
    for (String line : stream.split("\n\n")) {
      if (!line.equals("data: [DONE]")) {
        events.add(json(line.substring("data: ".length())));
      }
    }
    return events;
  }

  /// The value of a series on the metrics page.
  double metric(String series) throws IOException, InterruptedException {
    for (String line : get("/metrics").body().split("\n")) {
      if (line.startsWith(series)) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    throw new AssertionError("no series " + series);
  }

  @Override
  public void close() {
    beforeClose.run();
    server.close();
    client.shutdownNow();
  }
}
