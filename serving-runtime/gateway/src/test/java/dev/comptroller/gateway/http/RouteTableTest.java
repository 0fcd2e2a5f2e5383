package dev.comptroller.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.defer.Deferral;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.UsageLedger;
import dev.comptroller.gateway.metrics.GatewayMetrics;
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
      List<Endpoint> endpoints =
          HttpServers.endpoints(
              new HttpServers.Parts(
                  Gate.open(),
                  Deferral.none(),
                  table,
                  relay,
                  ledger,
                  metrics,
                  Clock.systemUTC(),
                  System::nanoTime),
              new Drain());
      assertThat(endpoints)
          .extracting(
              row -> row.listener() + " " + row.method() + " " + row.path() + " " + row.access())
          .containsExactly(
              "PUBLIC POST /v1/chat/completions CREDENTIAL",
              "PUBLIC POST /v1/completions CREDENTIAL",
              "PUBLIC GET /v1/models CREDENTIAL",
              "PUBLIC GET /v1/models/{id} CREDENTIAL",
              "ADMIN GET /health/live OPEN",
              "ADMIN GET /health/ready OPEN",
              "ADMIN GET /metrics OPEN",
              "ADMIN GET /usage OPEN");
    }
  }
}
