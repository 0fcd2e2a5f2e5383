package dev.comptroller.e2e.promises.clients;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.promises.fleet.Json;
import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A second gateway in front of a fleet's replicas, with the fleet's routing table as it is
/// now, that asks for credentials.
final class KeyedGateway implements AutoCloseable {
  private static final Pattern ADDRESS =
      Pattern.compile("OpenAI API on (http://127\\.0\\.0\\.1:\\d+/v1)");

  private final Process process;
  private final URI address;
  private final String key;

  private KeyedGateway(Process process, URI address, String key) {
    this.process = process;
    this.address = address;
    this.key = key;
  }

  /// Starts it; it knows one key, of this namespace.
  ///
  /// @param folder for its data
  /// @param change what is changed in the routing table before
  static KeyedGateway start(
      LocalFleet fleet, String namespace, Path folder, Consumer<JsonNode> change)
      throws IOException {
    ApiKey key = ApiKey.random(new SecureRandom());
    Path credentials =
        Files.writeString(
            folder.resolve("credentials.json"),
            """
            {"credentials":[{"namespace":"%s","features":"check",
              "classes":"interactive,flex,batch","keys":"%s"}]}"""
                .formatted(namespace, CredentialEntry.Key.of(key).line()));
    JsonNode rendered =
        Json.parse(
            fleet
                .kubectl()
                .json("-n", "comptroller-system", "get", "configmap", "comptroller-routing")
                .path("data")
                .path("table.json")
                .asText());
    change.accept(rendered);
    Path table = Files.writeString(folder.resolve("table.json"), rendered.toString());
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Dio.netty.noUnsafe=true",
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                fleet.repository().gateway().toString(),
                "--bind=127.0.0.1",
                "--port=0",
                "--admin-port=0",
                "--data=" + folder.resolve("data"),
                "--routing-file=" + table,
                "--auth=required",
                "--credentials-file=" + credentials)
            .redirectErrorStream(true)
            .start();
    return new KeyedGateway(process, address(process), key.text());
  }

  private static URI address(Process process) throws IOException {
    StringBuilder said = new StringBuilder();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      said.append(line).append('\n');
      Matcher match = ADDRESS.matcher(line);
      if (match.find()) {
        Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
        return URI.create(match.group(1));
      }
    }
    throw new AssertionError("the gateway did not start:\n" + said);
  }

  /// Its OpenAI address, with `/v1`.
  URI address() {
    return address;
  }

  /// The one key that it knows.
  String key() {
    return key;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
