package dev.comptroller.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.UsageLedger;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.table.TableFile;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
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
                new Relay.Patience(second, second, second, second), metrics, System::nanoTime)) {
      LiveTable table =
          new LiveTable(new TableFile(folder.resolve("t.json")), metrics, Clock.systemUTC());
      List<Endpoint> endpoints;
      try (BatchQueue queue =
          BatchQueue.start(
              new BatchQueue.Parts(
                  folder,
                  table,
                  relay,
                  ledger,
                  (_, _) -> List.of(),
                  metrics,
                  BatchQueue.Settings.STANDARD,
                  Clock.systemUTC(),
                  System::nanoTime))) {
        endpoints =
            HttpServers.endpoints(
                new HttpServers.Parts(
                    Gate.open(),
                    table,
                    relay,
                    queue,
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
              "ADMIN GET /queue OPEN",
              "ADMIN GET /health/live OPEN",
              "ADMIN GET /health/ready OPEN",
              "ADMIN GET /metrics OPEN",
              "ADMIN GET /usage OPEN");
    }
  }
}
