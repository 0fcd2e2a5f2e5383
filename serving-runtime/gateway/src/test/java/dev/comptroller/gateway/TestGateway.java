package dev.comptroller.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.gateway.http.HttpServers;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.identity.KeyRing;
import dev.comptroller.gateway.identity.TokenReviews;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.table.FileSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/// A real gateway in this process, on free loopback ports, with a routing file.
final class TestGateway implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  /// What [#reviewing] takes for the token of [#ADMIN], who may read the admin port.
  static final String ADMIN_TOKEN = "admin.token.signed";

  static final String ADMIN = "system/operator";

  /// Access by keys and tokens, with an admin.
  static Gateway.Access reviewing(Supplier<KeyRing> keys, TokenReviews reviews) {
    TokenReviews withAdmin =
        token ->
            token.equals(ADMIN_TOKEN)
                ? new TokenReviews.Review.Account("system", "operator")
                : reviews.review(token);
    return new Gateway.Access(
        Gate.required(keys, withAdmin, Clock.systemUTC(), Set.of(ADMIN)), Optional.empty());
  }

  /// How long a request that no replica could take waits for others.
  static final Duration ELSEWHERE = Duration.ofSeconds(3);

  final Path folder;
  final Gateway gateway;
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  TestGateway(Path folder, String table) throws Exception {
    this(folder, table, Duration.ofSeconds(20));
  }

  TestGateway(Path folder, String table, Duration silence) throws Exception {
    this(folder, table, silence, BatchQueue.Settings.STANDARD);
  }

  TestGateway(Path folder, String table, Duration silence, BatchQueue.Settings queue)
      throws Exception {
    this(folder, table, silence, queue, Gateway.Access.open());
  }

  TestGateway(Path folder, String table, Gateway.Access access) throws Exception {
    this(folder, table, Duration.ofSeconds(20), BatchQueue.Settings.STANDARD, access);
  }

  private TestGateway(
      Path folder, String table, Duration silence, BatchQueue.Settings queue, Gateway.Access access)
      throws Exception {
    this.folder = folder;
    Path file = folder.resolve("table.json");
    if (!table.isEmpty()) {
      Files.writeString(file, table);
    }
    gateway =
        Gateway.start(
            new Gateway.Settings(
                new HttpServers.Settings(
                    "127.0.0.1",
                    0,
                    0,
                    10 * 1024 * 1024,
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60)),
                folder.resolve("data"),
                LedgerSettings.embedded(folder.resolve("data")),
                new Relay.Patience(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(30),
                    silence,
                    Duration.ofSeconds(5),
                    ELSEWHERE),
                queue,
                live -> new FileSource(file, live, Duration.ofMillis(20)),
                access),
            Clock.systemUTC());
  }

  void route(String table) throws IOException {
    Path next = folder.resolve("table.next");
    Files.writeString(next, table);
    Files.move(
        next,
        folder.resolve("table.json"),
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), gateway.port());
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + gateway.port() + path);
  }

  HttpResponse<String> post(String body, String... headers) throws Exception {
    return postTo("/v1/chat/completions", body, headers);
  }

  HttpResponse<String> postTo(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> admin(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /// Every usage line, latest first.
  List<JsonNode> lines() throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    HttpResponse<String> usage =
        admin("/usage?limit=1000", "authorization", "Bearer " + ADMIN_TOKEN);
    if (usage.statusCode() != 200) {
      throw new AssertionError("%d %s".formatted(usage.statusCode(), usage.body()));
    }
    JSON.readTree(usage.body()).path("data").forEach(lines::add);
    return lines;
  }

  /// The only usage line, once it is there.
  JsonNode line() throws Exception {
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> !lines().isEmpty());
    List<JsonNode> lines = lines();
    if (lines.size() != 1) {
      throw new AssertionError("expected one usage line, got " + lines);
    }
    return lines.getFirst();
  }

  @Override
  public void close() {
    gateway.close();
    client.shutdownNow();
  }

  static final String PRICE =
      "{\"version\":7,\"source\":\"Declared\",\"inputMicros\":1000000,"
          + "\"cachedInputMicros\":100000,\"outputMicros\":4000000}";

  /// A table of one deployment, `team-a/chat`, over some addresses.
  static String table(String... addresses) {
    return tableOf(route("team-a", "chat", addresses));
  }

  static String tableOf(String... routes) {
    return tableWith("", routes);
  }

  /// A table of some routes and accounts.
  static String tableWith(String accounts, String... routes) {
    return "{\"schema\":2,\"routes\":[%s],\"accounts\":[%s]}"
        .formatted(String.join(",", routes), accounts);
  }

  static String route(String namespace, String deployment, String... addresses) {
    return """
        {"namespace":"%s","deployment":"%s","activeVariant":"large","why":"","legs":[%s]}"""
        .formatted(namespace, deployment, leg("large", 100, deployment, addresses));
  }

  /// A leg of quality 0.9 whose replicas are named after a deployment.
  static String leg(String variant, int weight, String deployment, String... addresses) {
    List<String> replicas = new ArrayList<>();
    for (String address : addresses) {
      replicas.add(
          "{\"name\":\"%s-%d\",\"address\":\"%s\",\"maxSequences\":64}"
              .formatted(deployment, replicas.size(), address));
    }
    return """
        {"variant":"%s","quality":0.9,"weight":%d,"postedPrice":%s,"replicaHourMicros":3600000,\
        "replicas":[%s]}"""
        .formatted(variant, weight, PRICE, String.join(",", replicas));
  }

  /// A chat request for `team-a/chat`.
  static String chat(boolean stream) {
    return """
        {"model": "team-a/chat",  "stream":%s, "messages":[{"role":"user","content":"Hi there"}]}"""
        .formatted(stream);
  }

  /// Sends a chat request on a bare socket.
  static void send(Socket client, String body, String headers) throws IOException {
    OutputStream out = client.getOutputStream();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    out.write(
        ("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                + headers
                + "content-length: "
                + bytes.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8));
    out.write(bytes);
    out.flush();
  }

  /// Reads until a text has come.
  static void readUntil(InputStream in, StringBuilder seen, String text) throws IOException {
    byte[] piece = new byte[8_192];
    while (seen.indexOf(text) < 0) {
      int n = in.read(piece);
      if (n < 0) {
        throw new AssertionError("the end came before " + text + ", after:\n" + seen);
      }
      seen.append(new String(piece, 0, n, StandardCharsets.UTF_8));
    }
  }
}
