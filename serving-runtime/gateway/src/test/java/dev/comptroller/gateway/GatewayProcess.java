package dev.comptroller.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The gateway's own program in a process of its own.
final class GatewayProcess implements AutoCloseable {
  private static final Pattern PORTS =
      Pattern.compile("http://127\\.0\\.0\\.1:(\\d+)/v1, admin on http://127\\.0\\.0\\.1:(\\d+)");

  final Process process;
  final int port;
  final int adminPort;
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  GatewayProcess(Path data, String... routing) throws IOException {
    List<String> command = new ArrayList<>(command());
    command.addAll(
        List.of(
            "--bind",
            "127.0.0.1",
            "--port",
            "0",
            "--admin-port",
            "0",
            "--data",
            "" + data,
            "--auth",
            "none"));
    command.addAll(List.of(routing));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Matcher ports = null;
    StringBuilder said = new StringBuilder();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      said.append(line).append('\n');
      Matcher match = PORTS.matcher(line);
      if (match.find()) {
        ports = match;
        break;
      }
    }
    if (ports == null) {
      throw new AssertionError("the gateway did not start:\n" + said);
    }
    port = Integer.parseInt(ports.group(1));
    adminPort = Integer.parseInt(ports.group(2));
    Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
  }

  static List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.comptroller.gateway.Main");
  }

  /// @param headers more of them, names and values by turns
  HttpResponse<String> post(String body, String requestId, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
            .header("x-request-id", requestId)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  int ready() throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/health/ready"))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  @Override
  public void close() {
    client.shutdownNow();
    process.destroyForcibly();
  }
}
