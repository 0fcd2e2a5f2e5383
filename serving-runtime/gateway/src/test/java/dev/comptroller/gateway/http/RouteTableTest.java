package dev.comptroller.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.identity.KeyRing;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.UsageLedger;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.table.TableFile;
import dev.comptroller.gateway.wake.WakeLine;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouteTableTest {
  @Test
  void shouldBeWhatTheGatewayAnswersAndNothingElse(@TempDir Path folder) throws Exception {
    GatewayMetrics metrics = new GatewayMetrics();
    Duration second = Duration.ofSeconds(1);
    try (ChargeLedger ledger = UsageLedger.open(folder, second);
        Relay relay =
            new Relay(
                new Relay.Patience(second, second, second, second, second),
                metrics,
                System::nanoTime)) {
      LiveTable table =
          new LiveTable(new TableFile(folder.resolve("t.json")), metrics, Clock.systemUTC());
      List<Endpoint> endpoints;
      try (BatchQueue queue = queue(folder, table, relay, ledger, metrics)) {
        endpoints =
            HttpServers.endpoints(
                new HttpServers.Parts(
                    Gate.open(),
                    table,
                    relay,
                    queue,
                    new WakeLine(table, relay.loads(), System::nanoTime),
                    ledger,
                    metrics,
                    Clock.systemUTC(),
                    System::nanoTime),
                new Drain());
      }
      assertThat(endpoints)
          .extracting(
              row -> row.listener() + " " + row.method() + " " + row.path() + " " + row.access())
          .containsExactly(
              "PUBLIC POST /v1/chat/completions CREDENTIAL",
              "PUBLIC POST /v1/completions CREDENTIAL",
              "PUBLIC GET /v1/models CREDENTIAL",
              "PUBLIC GET /v1/models/{id} CREDENTIAL",
              "PUBLIC POST /v1/files CREDENTIAL",
              "PUBLIC GET /v1/files CREDENTIAL",
              "PUBLIC GET /v1/files/{id}/content CREDENTIAL",
              "PUBLIC GET /v1/files/{id} CREDENTIAL",
              "PUBLIC DELETE /v1/files/{id} CREDENTIAL",
              "PUBLIC POST /v1/batches CREDENTIAL",
              "PUBLIC GET /v1/batches CREDENTIAL",
              "PUBLIC POST /v1/batches/{id}/cancel CREDENTIAL",
              "PUBLIC GET /v1/batches/{id} CREDENTIAL",
              "ADMIN GET /queue ADMIN",
              "ADMIN GET /health/live OPEN",
              "ADMIN GET /health/ready OPEN",
              "ADMIN GET /metrics OPEN",
              "ADMIN GET /usage ADMIN");
    }
  }

  private static BatchQueue queue(
      Path folder, LiveTable table, Relay relay, ChargeLedger ledger, GatewayMetrics metrics)
      throws Exception {
    return BatchQueue.start(
        new BatchQueue.Parts(
            folder,
            table,
            relay,
            ledger,
            new WakeLine(table, relay.loads(), System::nanoTime),
            (_, _) -> List.of(),
            metrics,
            BatchQueue.Settings.STANDARD,
            Clock.systemUTC(),
            System::nanoTime));
  }

  private static final Gate CLOSED =
      Gate.required(() -> KeyRing.EMPTY, null, InstantSource.system());

  private static HttpResponse<String> call(HttpClient client, int port, String method, String path)
      throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.ofString("{}"))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void shouldAskForACredentialOnEveryPublicRowAndReachNothingOutsideOfTheTable(@TempDir Path folder)
      throws Exception {
    GatewayMetrics metrics = new GatewayMetrics();
    Duration second = Duration.ofSeconds(1);
    try (ChargeLedger ledger = UsageLedger.open(folder, second);
        Relay relay =
            new Relay(
                new Relay.Patience(second, second, second, second, second),
                metrics,
                System::nanoTime);
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      LiveTable table =
          new LiveTable(new TableFile(folder.resolve("t.json")), metrics, Clock.systemUTC());
      BatchQueue queue = queue(folder, table, relay, ledger, metrics);
      HttpServers.Parts parts =
          new HttpServers.Parts(
              CLOSED,
              table,
              relay,
              queue,
              new WakeLine(table, relay.loads(), System::nanoTime),
              ledger,
              metrics,
              Clock.systemUTC(),
              System::nanoTime);
      try (queue;
          HttpServers servers =
              HttpServers.start(HttpServers.Settings.standard("127.0.0.1", 0, 0), parts)) {
        for (Endpoint row : HttpServers.endpoints(parts, new Drain())) {
          String path = row.path().replace("{id}", "chat");
          HttpResponse<String> outside = call(client, servers.port(), row.method(), path);
          switch (row.listener()) {
            case PUBLIC -> {
              assertThat(outside.statusCode()).as(path).isEqualTo(401);
              assertThat(outside.headers().firstValue("www-authenticate")).hasValue("Bearer");
              assertThat(outside.body())
                  .startsWith("{\"error\":{\"message\":")
                  .contains("\"code\":\"invalid_api_key\"");
              assertThat(call(client, servers.adminPort(), row.method(), path).statusCode())
                  .as("on the admin port: " + path)
                  .isEqualTo(404);
            }
            case ADMIN -> {
              assertThat(outside.statusCode()).as(path).isEqualTo(404);
              HttpResponse<String> inside = call(client, servers.adminPort(), row.method(), path);
              switch (row.access()) {
                case ADMIN -> {
                  assertThat(inside.statusCode()).as(path).isEqualTo(401);
                  assertThat(inside.headers().firstValue("www-authenticate")).hasValue("Bearer");
                }
                case CREDENTIAL, OPEN -> assertThat(inside.statusCode()).as(path).isIn(200, 503);
              }
            }
          }
          for (String method : List.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
            assertThat(call(client, servers.port(), method, path).statusCode())
                .as(method + " " + path)
                .isIn(401, 404, 405);
          }
        }
        for (String path :
            List.of(
                "/",
                "//v1/models",
                "/v1/models/",
                "/V1/MODELS",
                "/v1/../metrics",
                "/v1/%2e%2e/usage",
                "/v1/models/../../metrics",
                "/v1/chat/completions/",
                "/v1/chat/completions;a=b",
                "/metrics/",
                "/usage?limit=1",
                "/health",
                "/admin",
                "/v1/embeddings",
                "/invocations",
                "/pause",
                "/debug",
                "/v1")) {
          for (String method : List.of("GET", "POST")) {
            assertThat(call(client, servers.port(), method, path).statusCode())
                .as(method + " " + path)
                .isIn(401, 404, 405);
          }
        }
      }
    }
  }
}
