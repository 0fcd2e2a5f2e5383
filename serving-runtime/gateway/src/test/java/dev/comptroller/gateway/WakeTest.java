package dev.comptroller.gateway;

import static dev.comptroller.gateway.BatchSdkTest.client;
import static dev.comptroller.gateway.BatchSdkTest.line;
import static dev.comptroller.gateway.BatchSdkTest.submit;
import static dev.comptroller.gateway.BatchSdkTest.upload;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Requests wait for the first replica of a deployment that has none. An answer uses 100 tokens of
/// input and 7 of output: 128 micro-dollars, half of that for deferred ones.
@SuppressWarnings("NullAway.Init")
@Execution(ExecutionMode.CONCURRENT)
class WakeTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path folder;
  FakeReplica replica;
  ExecutorService clients;

  @BeforeEach
  void serve() throws Exception {
    replica = new FakeReplica((_, wire) -> wire.whole(200, answer(100, 0, 7)));
    clients = Executors.newVirtualThreadPerTaskExecutor();
  }

  @AfterEach
  void stop() throws Exception {
    clients.shutdownNow();
    replica.close();
  }

  /// A table in which requests may wait, and whose feature `default` has an amount.
  private static String table(int most, long millis, long amount, String... addresses) {
    return heated(most, millis, amount, TrafficTest.NO_TRAFFIC, addresses);
  }

  private static String heated(
      int most, long millis, long amount, String traffic, String... addresses) {
    String feature =
        """
        {"name":"default","amountMicros":%d,"priority":1,"batchEligible":true,
         "downgradeAllowed":true}"""
            .formatted(amount);
    return tableWith(
        TrafficTest.account(false, traffic, feature),
        """
        {"namespace":"team-a","deployment":"chat","activeVariant":"large","why":"","legs":[%s],
         "wake":{"maxWaiting":%d,"holdMillis":%d}}"""
            .formatted(leg("large", 100, "chat", addresses), most, millis)
            .replace("\"maxSequences\":64", "\"maxSequences\":1"));
  }

  private static String body(String name, boolean flex) {
    return "{\"model\":\"chat\",\"max_tokens\":10,%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(flex ? "\"service_tier\":\"flex\"," : "", name);
  }

  private static long waiting(TestGateway gateway, String trafficClass) throws Exception {
    String series =
        "comptroller_gateway_waiting_requests{namespace=\"team-a\",deployment=\"chat\",class=\"%s\",} "
            .formatted(trafficClass);
    return gateway
        .admin("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(series))
        .map(line -> Math.round(Double.parseDouble(line.substring(series.length()))))
        .findFirst()
        .orElse(-1L);
  }

  private static double arrivals(String metrics) {
    String series =
        "comptroller_gateway_arrivals_total{namespace=\"team-a\",deployment=\"chat\",quarter=";
    return metrics
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  static void awaitWaiting(TestGateway gateway, String trafficClass, long count) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> waiting(gateway, trafficClass) == count);
  }

  /// A request that waits: asked again while the table that lets it wait is not read yet.
  private Future<HttpResponse<String>> asksUntilItWaits(TestGateway gateway, String name) {
    var asked = new AtomicReference<Future<HttpResponse<String>>>();
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              if (asked.get() == null || asked.get().isDone()) {
                asked.set(clients.submit(() -> gateway.post(body(name, false))));
              }
              return waiting(gateway, "interactive") == 1;
            });
    return Objects.requireNonNull(asked.get());
  }

  private static JsonNode error(HttpResponse<String> response) throws Exception {
    return TestGateway.JSON.readTree(response.body()).path("error");
  }

  private static long waitedMillis(HttpResponse<String> response) {
    return Long.parseLong(response.headers().firstValue("x-comptroller-waited-ms").orElseThrow());
  }

  private static String name(FakeReplica.Got got) {
    return got.body().replaceAll(".*\"content\":\"([^\"]*)\".*", "$1");
  }

  @Test
  void shouldAnswerAllThatWaitedInOrderOfClassOnceAReplicaComesAndRefuseOneTooMany()
      throws Exception {
    try (TestGateway gateway = new TestGateway(folder, table(20, 60_000, 1_000_000))) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        String asked = body("flex" + i, true);
        answers.add(clients.submit(() -> gateway.post(asked)));
        awaitWaiting(gateway, "batch", i + 1);
      }
      for (int i = 0; i < 8; i++) {
        String asked = body("inter" + i, false);
        answers.add(clients.submit(() -> gateway.post(asked)));
        awaitWaiting(gateway, "interactive", i + 1);
      }
      HttpResponse<String> tooMany = gateway.post(body("late", false));
      assertThat(tooMany.statusCode()).isEqualTo(503);
      assertThat(tooMany.headers().firstValue("retry-after")).hasValue("5");
      assertThat(tooMany.headers().firstValue("x-comptroller-waited-ms")).isEmpty();
      assertThat(error(tooMany).path("code").asText()).isEqualTo("deployment_not_ready");
      assertThat(error(tooMany).path("message").asText())
          .contains("team-a/chat has no ready replica", "20 requests wait already");

      assertThat(answers).noneMatch(Future::isDone);
      String before = gateway.admin("/metrics").body();
      assertThat(before)
          .contains("comptroller_gateway_ledger_open_holds 0.0")
          .contains("comptroller_gateway_last_request_timestamp_seconds{namespace=\"team-a\",");
      assertThat(arrivals(before)).as("of interactive requests").isEqualTo(9);
      assertThat(gateway.lines()).hasSize(1);

      gateway.route(table(20, 60_000, 1_000_000, replica.address()));
      for (Future<HttpResponse<String>> answer : answers) {
        HttpResponse<String> response = answer.get(20, TimeUnit.SECONDS);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).contains("Paris.");
        assertThat(waitedMillis(response)).isPositive();
      }
      List<String> order = replica.got.stream().map(WakeTest::name).toList();
      assertThat(order)
          .isEqualTo(
              IntStream.range(0, 20)
                  .mapToObj(i -> i < 8 ? "inter" + i : "flex" + (i - 8))
                  .toList());
      assertThat(replica.most).as("the replica computes one at once").hasValue(1);

      assertThat(gateway.lines()).hasSize(21);
      assertThat(
              gateway.lines().stream().mapToLong(line -> line.path("charge_micros").asLong()).sum())
          .isEqualTo(8 * 128 + 12 * 64);
      String after = gateway.admin("/metrics").body();
      assertThat(after)
          .contains("comptroller_gateway_ledger_open_holds 0.0")
          .contains(waited("interactive", "ready") + " 8.0")
          .contains(waited("batch", "ready") + " 12.0")
          .contains(waited("interactive", "full") + " 1.0");
      assertThat(waiting(gateway, "interactive")).isZero();
      HttpResponse<String> next = gateway.post(body("next", false));
      assertThat(next.headers().firstValue("x-comptroller-waited-ms")).isEmpty();
    }
  }

  private static String waited(String trafficClass, String outcome) {
    return ("comptroller_gateway_waited_total{namespace=\"team-a\",deployment=\"chat\",class=\"%s\","
            + "outcome=\"%s\",}")
        .formatted(trafficClass, outcome);
  }

  @Test
  void shouldMakeRoomAtOnceForAClientThatHangsUp() throws Exception {
    try (TestGateway gateway = new TestGateway(folder, table(1, 60_000, 1_000_000))) {
      try (Socket client = gateway.connect()) {
        TestGateway.send(client, body("gone", false), "");
        awaitWaiting(gateway, "interactive", 1);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(2))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> waiting(gateway, "interactive") == 0);
      JsonNode line = gateway.line();
      assertThat(line.path("outcome").asText()).isEqualTo("client_gone");
      assertThat(line.path("charge_micros").asLong()).isZero();
      Future<HttpResponse<String>> next = clients.submit(() -> gateway.post(body("next", false)));
      awaitWaiting(gateway, "interactive", 1);
      gateway.route(table(1, 60_000, 1_000_000, replica.address()));
      assertThat(next.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      assertThat(replica.got).hasSize(1);
    }
  }

  @Test
  void shouldSayAfterItsTimeThatNoReplicaCameAndWhenToTryAgain() throws Exception {
    try (TestGateway gateway = new TestGateway(folder, table(9, 400, 1_000_000))) {
      for (boolean flex : new boolean[] {false, true}) {
        HttpResponse<String> response = gateway.post(body("late", flex));
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("retry-after")).hasValue("5");
        assertThat(waitedMillis(response)).isBetween(400L, 10_000L);
        assertThat(error(response).path("code").asText()).isEqualTo("deployment_not_ready");
        assertThat(error(response).path("message").asText())
            .contains("has no ready replica", "the most; 0 requests wait on");
      }
      assertThat(gateway.lines()).hasSize(2).allMatch(line -> line.path("status").asInt() == 503);
    }
  }

  @Test
  void shouldLetNothingWaitThatCannotBePaidFor() throws Exception {
    try (TestGateway gateway = new TestGateway(folder, table(9, 60_000, 3))) {
      HttpResponse<String> poor = gateway.post(body("poor", false));
      assertThat(poor.statusCode()).isEqualTo(429);
      assertThat(error(poor).path("code").asText()).isEqualTo("insufficient_quota");
      gateway.route(table(9, 60_000, 1_000_000));
      Future<HttpResponse<String>> waits = asksUntilItWaits(gateway, "rich");
      gateway.route(
          heated(
              9,
              60_000,
              1_000_000,
              "{\"queueBatch\":false,\"suspended\":true,\"why\":\"spent 100 % of $50\"}"));
      HttpResponse<String> ended = waits.get(20, TimeUnit.SECONDS);
      assertThat(ended.statusCode()).isEqualTo(429);
      assertThat(error(ended).path("message").asText()).contains("spent 100 % of $50");
      assertThat(waiting(gateway, "interactive")).isZero();
    }
  }

  @Test
  void shouldAnswerWhoWaitsAtOnceWhenTheGatewayLeaves() throws Exception {
    TestGateway gateway = new TestGateway(folder, table(9, 60_000, 1_000_000));
    Future<HttpResponse<String>> waits = clients.submit(() -> gateway.post(body("x", false)));
    awaitWaiting(gateway, "interactive", 1);
    gateway.gateway.stop(Duration.ofSeconds(10));
    HttpResponse<String> response = waits.get(20, TimeUnit.SECONDS);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(error(response).path("code").asText()).isEqualTo("shutting_down");
    gateway.client.shutdownNow();
  }

  @Test
  void shouldCountItemsOfBatchesThatCouldRunAsWaitingAndRunThemOnceAReplicaComes()
      throws Exception {
    try (TestGateway gateway = new TestGateway(folder, table(9, 60_000, 1_000_000))) {
      var sdk = client(gateway);
      var lines = new ArrayList<String>();
      for (int i = 0; i < 5; i++) {
        lines.add(line("r" + i, "Question " + i));
      }
      String id = submit(sdk, upload(sdk, folder, lines).id()).id();
      awaitWaiting(gateway, "batch", 5);
      gateway.route(table(9, 60_000, 0));
      awaitWaiting(gateway, "batch", 0);
      gateway.route(table(9, 60_000, 1_000_000));
      awaitWaiting(gateway, "batch", 5);
      gateway.route(table(9, 60_000, 1_000_000, replica.address()));
      BatchSdkTest.await(sdk, id, SOON);
      assertThat(replica.got).hasSize(5);
      assertThat(waiting(gateway, "batch")).isZero();
    }
  }
}
