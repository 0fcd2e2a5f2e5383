package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.send;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Requests whose replicas leave, or are gone, before the table says so. An answer uses 100 tokens
/// of input and 7 of output: 128 micro-dollars.
@SuppressWarnings("NullAway.Init")
@Execution(ExecutionMode.CONCURRENT)
class ElsewhereTest {
  private static final String LEAVING =
      "{\"error\":{\"message\":\"draining\",\"type\":\"x\",\"code\":\"draining\"}}";

  @TempDir Path folder;
  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stopClients() {
    clients.shutdownNow();
  }

  /// A table whose feature `default` has an amount; deployments without replicas may be waited for
  /// if `wakes`.
  private static String table(long amount, boolean wakes, String... addresses) {
    String feature =
        """
        {"name":"default","amountMicros":%d,"priority":1,"batchEligible":true,
         "downgradeAllowed":true}"""
            .formatted(amount);
    return tableWith(
        TrafficTest.account(false, TrafficTest.NO_TRAFFIC, feature),
        """
        {"namespace":"team-a","deployment":"chat","activeVariant":"large","why":"","legs":[%s]%s}"""
            .formatted(
                leg("large", 100, "chat", addresses),
                wakes ? ",\"wake\":{\"maxWaiting\":9,\"holdMillis\":60000}" : ""));
  }

  private static String body(boolean stream) {
    return "{\"model\":\"chat\",\"max_tokens\":10,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
        .formatted(stream);
  }

  private static FakeReplica leaving() throws Exception {
    return new FakeReplica((_, wire) -> wire.whole(503, LEAVING));
  }

  private static FakeReplica serving() throws Exception {
    return new FakeReplica(
        (got, wire) -> {
          if (got.body().contains("\"stream\":true")) {
            wire.begin();
            wire.piece(chunk("Paris.") + stop() + DONE);
            wire.end();
          } else {
            wire.whole(200, answer(100, 0, 7));
          }
        });
  }

  private static void awaitAsked(FakeReplica replica) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> !replica.got.isEmpty());
  }

  private static void awaitNoHold(TestGateway gateway) {
    awaitMetric(gateway, "comptroller_gateway_ledger_open_holds 0.0");
  }

  private static void awaitMetric(TestGateway gateway, String series) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> gateway.admin("/metrics").body().contains(series));
  }

  @Test
  void shouldServeARequestWhoseOnlyReplicaLeavesByTheReplicaOfTheNextTable() throws Exception {
    for (boolean stream : new boolean[] {false, true}) {
      Path place = folder.resolve("s" + stream);
      java.nio.file.Files.createDirectories(place);
      try (FakeReplica old = leaving();
          FakeReplica next = serving();
          TestGateway gateway = new TestGateway(place, table(1_000_000, false, old.address()))) {
        Future<HttpResponse<String>> asked = clients.submit(() -> gateway.post(body(stream)));
        awaitAsked(old);
        awaitNoHold(gateway);
        gateway.route(table(1_000_000, false, old.address(), next.address()));
        HttpResponse<String> response = asked.get(20, TimeUnit.SECONDS);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).contains("Paris.").doesNotContain("draining");
        assertThat(response.headers().firstValue("x-comptroller-waited-ms")).isPresent();
        assertThat(old.got).as("who has refused is not asked again").hasSize(1);
        assertThat(next.got).hasSize(1);
        JsonNode line = gateway.line();
        assertThat(line.path("outcome").asText()).isEqualTo("ok");
        assertThat(line.path("replica").asText()).isEqualTo("chat-1");
        awaitNoHold(gateway);
      }
    }
  }

  @Test
  void shouldLetARequestWaitInLineWhoseLastReplicaLeavesADeploymentThatGoesToZero()
      throws Exception {
    try (FakeReplica old = leaving();
        FakeReplica next = serving();
        TestGateway gateway = new TestGateway(folder, table(1_000_000, true, old.address()))) {
      Future<HttpResponse<String>> asked = clients.submit(() -> gateway.post(body(false)));
      awaitAsked(old);
      gateway.route(table(1_000_000, true));
      WakeTest.awaitWaiting(gateway, "interactive", 1);
      // Longer than a request waits that nothing is started for.
      Thread.sleep(TestGateway.ELSEWHERE);
      assertThat(asked).isNotDone();
      gateway.route(table(1_000_000, true, next.address()));
      HttpResponse<String> response = asked.get(20, TimeUnit.SECONDS);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-comptroller-cost")).hasValue("0.000128");
      assertThat(gateway.line().path("charge_micros").asLong()).isEqualTo(128);
    }
  }

  @Test
  void shouldAskAReplicaThatWasNotReachedOnceMoreWhenATableBringsItBack() throws Exception {
    int port;
    try (FakeReplica before = serving()) {
      port = before.port();
    }
    String address = "127.0.0.1:" + port;
    try (TestGateway gateway = new TestGateway(folder, table(1_000_000, false, address))) {
      Future<HttpResponse<String>> asked = clients.submit(() -> gateway.post(body(false)));
      awaitMetric(gateway, "kind=\"connect\",} 1.0");
      try (FakeReplica again =
          new FakeReplica(port, (_, wire) -> wire.whole(200, answer(100, 0, 7)))) {
        gateway.route(table(1_000_001, false, address));
        assertThat(asked.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(again.got).hasSize(1);
      }
    }
  }

  @Test
  void shouldNotServeARequestOnWhoseMoneyWentWhileItWaited() throws Exception {
    try (FakeReplica old = leaving();
        FakeReplica next = serving();
        TestGateway gateway = new TestGateway(folder, table(1_000_000, false, old.address()))) {
      Future<HttpResponse<String>> asked = clients.submit(() -> gateway.post(body(false)));
      awaitAsked(old);
      awaitNoHold(gateway);
      gateway.route(table(3, false, old.address(), next.address()));
      HttpResponse<String> response = asked.get(20, TimeUnit.SECONDS);
      assertThat(response.statusCode()).isEqualTo(429);
      assertThat(response.body()).contains("insufficient_quota");
      assertThat(next.got).isEmpty();
      assertThat(gateway.line().path("charge_micros").asLong()).isZero();
    }
  }

  @Test
  void shouldStopWaitingWhenTheClientLeaves() throws Exception {
    try (FakeReplica old = leaving();
        TestGateway gateway = new TestGateway(folder, table(1_000_000, false, old.address()))) {
      try (Socket client = gateway.connect()) {
        send(client, body(false), "");
        awaitAsked(old);
      }
      JsonNode line = gateway.line();
      assertThat(line.path("outcome").asText()).isEqualTo("client_gone");
      assertThat(line.path("charge_micros").asLong()).isZero();
      assertThat(line.path("latency_ms").asLong(-1)).isLessThan(TestGateway.ELSEWHERE.toMillis());
    }
  }

  @Test
  void shouldSayThatNoReplicaTookItWhenNoOtherComes() throws Exception {
    try (FakeReplica old = leaving();
        TestGateway gateway = new TestGateway(folder, table(1_000_000, false, old.address()))) {
      HttpResponse<String> response = gateway.post(body(true));
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.headers().firstValue("retry-after")).isPresent();
      assertThat(response.body()).contains("none of the 1 ready replicas", "team-a/chat");
      assertThat(old.got).hasSize(1);
      assertThat(gateway.line().path("outcome").asText()).isEqualTo("upstream_failed");
      awaitNoHold(gateway);
    }
  }
}
