package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.defer.Deferral;
import dev.comptroller.gateway.defer.Deferral.Waited;
import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.UsageLedger;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.table.TableFile;
import dev.comptroller.gateway.wake.WakeLine;
import dev.comptroller.protocol.routing.Route;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeferralTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  /// A queue over one replica of three sequences: two of them may be idle.
  private final class Bench implements AutoCloseable {
    final GatewayMetrics metrics = new GatewayMetrics();
    final ChargeLedger ledger = UsageLedger.open(folder, Duration.ofSeconds(5));
    final Relay relay;
    final BatchQueue queue;
    final Route route;
    final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    Bench(Duration patience, boolean suspended) throws Exception {
      Duration second = Duration.ofSeconds(1);
      relay =
          new Relay(
              new Relay.Patience(second, second, second, second, second),
              metrics,
              System::nanoTime);
      LiveTable table =
          new LiveTable(new TableFile(folder.resolve("t.json")), metrics, Clock.systemUTC());
      assertThat(table.offer(TABLE.formatted(suspended).getBytes(StandardCharsets.UTF_8), "test"))
          .isTrue();
      Resolution resolved = table.current().orElseThrow().router().resolve("chat");
      route = ((Resolution.Found) resolved).route();
      queue =
          BatchQueue.start(
              new BatchQueue.Parts(
                  folder,
                  table,
                  relay,
                  ledger,
                  new WakeLine(table, relay.loads(), System::nanoTime),
                  (_, _) -> List.of(),
                  metrics,
                  new BatchQueue.Settings(Limits.STANDARD, patience),
                  Clock.systemUTC(),
                  System::nanoTime));
    }

    Future<Waited> wait(TrafficClass tier, BooleanSupplier gone) {
      Caller caller = new Caller("team-a", "default", Credential.ANYBODY);
      return clients.submit(
          () ->
              queue
                  .deferral()
                  .await(new Deferral.Waiting("req", caller, route, tier, 100, null, gone)));
    }

    @Override
    public void close() {
      clients.shutdownNow();
      queue.close();
      relay.close();
      ledger.close();
    }
  }

  private static final String TABLE =
      """
      {"schema":2,"routes":[{"namespace":"team-a","deployment":"chat","activeVariant":"large",
      "why":"","legs":[{"variant":"large","quality":0.9,"weight":100,"replicaHourMicros":1,
      "postedPrice":{"version":1,"source":"Declared","inputMicros":1,"cachedInputMicros":1,
      "outputMicros":1},"replicas":[{"name":"r","address":"127.0.0.1:1","maxSequences":3}]}]}],
      "accounts":[{"namespace":"team-a","budget":"b","periodStart":"2026-01-01T00:00:00Z",
      "periodEnd":"2036-01-01T00:00:00Z","hard":true,"observe":false,"fundedUntil":null,
      "traffic":{"queueBatch":true,"maxOutputTokens":null,"tokensPerMinute":null,"suspended":%s,
      "why":"heat 87 %% of forecast","until":null},"features":[]}]}""";

  private static Deferral.Slot turn(Future<Waited> wait) throws Exception {
    return switch (wait.get(5, TimeUnit.SECONDS)) {
      case Waited.Turn(Deferral.Slot slot) -> slot;
      case Waited.NotQueued _, Waited.TooLate _ -> throw new AssertionError("no turn");
    };
  }

  @Test
  void shouldGiveIdleSlotsToRequestsThatWaitAndTheNextOneWhenASlotIsGivenBack() throws Exception {
    try (Bench bench = new Bench(Duration.ofMinutes(1), false)) {
      Deferral.Slot first = turn(bench.wait(TrafficClass.FLEX, () -> false));
      Deferral.Slot second = turn(bench.wait(TrafficClass.INTERACTIVE, () -> false));
      Future<Waited> third = bench.wait(TrafficClass.FLEX, () -> false);
      Assertions.assertThatThrownBy(() -> third.get(400, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(first.tariffPercent()).isEqualTo(50);
      assertThat(first.why()).contains("waited", "at 50 % of the price").doesNotContain("heat");
      assertThat(second.why()).endsWith("heat 87 % of forecast");
      first.close();
      first.close();
      turn(third).close();
      second.close();
    }
  }

  @Test
  void shouldSayThatTheTimeIsOverAndThatNothingIsBilled() throws Exception {
    try (Bench bench = new Bench(Duration.ofMillis(300), true)) {
      assertThat(bench.wait(TrafficClass.FLEX, () -> false).get(5, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Waited.TooLate.class,
              late -> {
                assertThat(late.message()).contains("team-a/chat", "nothing is billed");
                assertThat(late.retryAfterSeconds()).isEqualTo(30);
              });
    }
  }

  @Test
  void shouldEndTheWaitOfAClientThatLeftAndOfAGatewayThatLeaves() throws Exception {
    try (Bench bench = new Bench(Duration.ofMinutes(1), true)) {
      Future<Waited> gone = bench.wait(TrafficClass.FLEX, () -> true);
      assertThat(gone.get(5, TimeUnit.SECONDS)).isInstanceOf(Waited.TooLate.class);
      Future<Waited> waits = bench.wait(TrafficClass.FLEX, () -> false);
      bench.queue.halt();
      assertThat(waits.get(5, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Waited.TooLate.class, late -> assertThat(late.message()).contains("shutting down"));
    }
  }
}
