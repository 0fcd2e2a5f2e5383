package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The program as a process.
@Tag("integration")
@Timeout(60)
class ProcessTest {
  private static final Pattern ADDRESS = Pattern.compile("listening on (http://\\S+),");

  @Test
  void shouldFinishRunningStreamsOnSigtermAndExitWith0() throws Exception {
    Process process = start("--engine", "simulated", "--port", "0");
    try (BufferedReader log = process.errorReader();
        HttpClient client = HttpClient.newHttpClient()) {
      String server = address(log);
      await().until(() -> get(client, server + "/health/ready").statusCode() == 200);
      CompletableFuture<HttpResponse<String>> stream =
          client.sendAsync(
              HttpRequest.newBuilder(URI.create(server + "/v1/completions"))
                  .header("content-type", "application/json")
                  .POST(
                      BodyPublishers.ofString(
                          "{\"model\":\"m\",\"prompt\":\"x\",\"max_tokens\":400,"
                              + "\"ignore_eos\":true,\"stream\":true,"
                              + "\"stream_options\":{\"include_usage\":true}}"))
                  .build(),
              BodyHandlers.ofString());
      await()
          .until(
              () ->
                  get(client, server + "/metrics")
                      .body()
                      .contains("num_requests_running{model_name=\"m\",engine=\"0\",} 1.0"));

      process.destroy();

      await().until(() -> get(client, server + "/health/ready").statusCode() == 503);
      assertThat(get(client, server + "/health/live").statusCode()).isEqualTo(200);
      assertThat(stream.isDone()).isFalse();
      String events = stream.get().body();
      assertThat(events).endsWith("data: [DONE]\n\n");
      assertThat(Wire.events(events).getLast().at("/usage/completion_tokens").asInt())
          .isEqualTo(400);
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void shouldExitWith1AndSayWhyItCannotServe(@TempDir Path folder) throws Exception {
    try (var taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      assertThat(failure("--engine", "simulated", "--port", port))
          .contains("cannot listen on 127.0.0.1:" + port);
    }
    Path file = Files.writeString(folder.resolve("model.gguf"), "no model");
    String digest = "sha256:" + "0".repeat(64);
    assertThat(failure("--model", file.toString(), "--port", "0", "--model-digest", digest))
        .contains("--model-digest is " + digest);
    assertThat(failure("--model", file.toString(), "--port", "0")).contains("model.gguf");
  }

  private static String failure(String... args) throws Exception {
    Process process = start(args);
    try (BufferedReader log = process.errorReader()) {
      String text = String.join("\n", log.readAllLines());
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(text).isEqualTo(1);
      return text;
    } finally {
      process.destroyForcibly();
    }
  }

  static Process start(String... args) throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("--served-model-name", "m", "--variant", "v"));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().remove("POD_IP");
    return builder.start();
  }

  static String address(BufferedReader log) throws Exception {
    var seen = new StringBuilder();
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      Matcher address = ADDRESS.matcher(line);
      if (address.find()) {
        return address.group(1);
      }
      seen.append(line).append('\n');
    }
    throw new AssertionError("no address in: " + seen);
  }

  private static HttpResponse<String> get(HttpClient client, String uri) throws Exception {
    return client.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());
  }
}
