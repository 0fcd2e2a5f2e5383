package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a budget's heat does to requests.
@SuppressWarnings("NullAway.Init")
class TrafficTest {
  static final String NO_TRAFFIC = "{\"queueBatch\":false,\"suspended\":false}";

  @TempDir Path folder;
  FakeReplica replica;
  @Nullable TestGateway gateway;

  @BeforeEach
  void serve() throws Exception {
    replica = new FakeReplica((_, wire) -> wire.whole(200, answer(100, 0, 7)));
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    replica.close();
  }

  /// An account of `team-a` until 2099 with one feature.
  static String account(boolean observe, String traffic, String feature) {
    return """
        {"namespace":"team-a","budget":"month","periodStart":"2026-01-01T00:00:00Z",
         "periodEnd":"2099-01-01T00:00:00Z","hard":true,"observe":%s,"traffic":%s,
         "features":[%s]}"""
        .formatted(observe, traffic, feature);
  }

  private TestGateway gateway(String account, String route) throws Exception {
    TestGateway started = new TestGateway(folder, tableWith(account, route));
    gateway = started;
    return started;
  }

  private String route(String why, String legs) {
    return """
        {"namespace":"team-a","deployment":"chat","activeVariant":"small","why":"%s","legs":[%s]}"""
        .formatted(why, legs);
  }

  private String small() {
    return route("", leg("small", 100, "chat", replica.address()));
  }

  private static JsonNode error(HttpResponse<String> response) throws Exception {
    return TestGateway.JSON.readTree(response.body()).path("error");
  }

  private static HttpResponse<String> ask(TestGateway gateway, String more) throws Exception {
    return gateway.post("{\"model\":\"chat\",\"messages\":[]" + more + "}");
  }

  @Test
  void shouldRefuseASuspendedNamespaceSayingUntilWhenAndWhy() throws Exception {
    String suspended =
        """
        {"queueBatch":false,"suspended":true,"why":"spent 100 % of $50",
         "until":"2098-01-01T00:00:00Z"}""";
    TestGateway gateway = gateway(account(false, suspended, ""), small());
    HttpResponse<String> response = ask(gateway, "");
    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(error(response).path("code").asText()).isEqualTo("insufficient_quota");
    assertThat(error(response).path("message").asText())
        .contains("suspended until 2098-01-01T00:00:00Z", "spent 100 % of $50", "still answer");
    assertThat(response.headers().firstValue("x-should-retry")).hasValue("false");
    assertThat(Long.parseLong(response.headers().firstValue("retry-after").orElseThrow()))
        .isGreaterThan(1_000_000_000L);
    assertThat(replica.got).isEmpty();
  }

  @Test
  void shouldOnlyCountWhatABudgetInObserveModeWouldDo() throws Exception {
    String everything =
        """
        {"queueBatch":true,"suspended":true,"why":"hot","maxOutputTokens":5,"tokensPerMinute":1}""";
    String feature =
        """
        {"name":"default","amountMicros":0,"priority":1,"batchEligible":true,
         "downgradeAllowed":true}""";
    TestGateway gateway = gateway(account(true, everything, feature), small());
    for (int i = 0; i < 3; i++) {
      assertThat(ask(gateway, ",\"max_tokens\":50").statusCode()).isEqualTo(200);
    }
    assertThat(replica.got.getLast().body()).contains("\"max_tokens\":50");
    String metrics = gateway.admin("/metrics").body();
    for (String action : new String[] {"suspend", "cap", "queue", "amount"}) {
      assertThat(metrics).contains(would(action) + " 3.0");
    }
    // The first one finds the bucket full.
    assertThat(metrics).contains(would("throttle") + " 2.0");
  }

  private static String would(String action) {
    return "comptroller_gateway_would_refuse_total{namespace=\"team-a\",action=\"%s\",}"
        .formatted(action);
  }

  @Test
  void shouldCapTheOutputInTheBodyAndSaySo() throws Exception {
    String capped =
        """
        {"queueBatch":false,"suspended":false,"why":"heat 81 %","maxOutputTokens":64}""";
    TestGateway gateway = gateway(account(false, capped, ""), small());
    HttpResponse<String> response =
        ask(gateway, ", \"max_completion_tokens\" : 500 ,\"top_p\":1.0");
    assertThat(response.headers().firstValue("x-comptroller-output-cap")).hasValue("64");
    assertThat(response.headers().firstValue("x-comptroller-why")).hasValue("heat 81 %");
    assertThat(replica.got.getLast().body())
        .isEqualTo(
            "{\"model\":\"chat\",\"messages\":[], \"max_completion_tokens\" : 64 ,\"top_p\":1.0}");
    assertThat(ask(gateway, "").statusCode()).isEqualTo(200);
    assertThat(replica.got.getLast().body())
        .isEqualTo("{\"max_tokens\":64,\"model\":\"chat\",\"messages\":[]}");
    HttpResponse<String> short_ = ask(gateway, ",\"max_tokens\":10");
    assertThat(short_.headers().firstValue("x-comptroller-output-cap")).isEmpty();
    assertThat(replica.got.getLast().body()).contains("\"max_tokens\":10");
    assertThat(ask(gateway, ",\"max_tokens\":\"many\"").statusCode()).isEqualTo(400);
    assertThat(ask(gateway, ",\"max_tokens\":5,\"max_tokens\":5000").statusCode()).isEqualTo(400);
  }

  @Test
  void shouldThrottleTokensAndSayWhenTheNextComes() throws Exception {
    String throttled =
        """
        {"queueBatch":false,"suspended":false,"why":"heat 95 %","tokensPerMinute":600}""";
    TestGateway gateway = gateway(account(false, throttled, ""), small());
    assertThat(ask(gateway, "").statusCode()).isEqualTo(200);
    HttpResponse<String> refused = ask(gateway, "");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(error(refused).path("code").asText()).isEqualTo("rate_limit_exceeded");
    assertThat(error(refused).path("message").asText()).contains("600 tokens a minute");
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
  }

  @Test
  void shouldNotDowngradeAFeatureThatRefusesIt() throws Exception {
    String feature =
        """
        {"name":"default","priority":1,"batchEligible":false,"downgradeAllowed":false}""";
    String why = "downgraded from large: heat 87 %";
    TestGateway gateway =
        gateway(
            account(false, NO_TRAFFIC, feature),
            route(why, leg("small", 100, "chat", replica.address())));
    HttpResponse<String> refused = ask(gateway, "");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(error(refused).path("code").asText()).isEqualTo("variant_unavailable");
    assertThat(error(refused).path("message").asText()).contains(why, "serves small");
    assertThat(refused.headers().firstValue("retry-after")).hasValue("60");

    try (FakeReplica large =
        new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1), "x-engine: large"))) {
      gateway.route(
          tableWith(
              account(false, NO_TRAFFIC, feature),
              route(
                  why,
                  leg("large", 1, "best", large.address()).replace("0.9", "0.95")
                      + ","
                      + leg("small", 99, "chat", replica.address()))));
      org.awaitility.Awaitility.await().until(() -> ask(gateway, "").statusCode() == 200);
      for (int i = 0; i < 5; i++) {
        HttpResponse<String> served = ask(gateway, "");
        assertThat(served.headers().firstValue("x-comptroller-variant")).hasValue("large");
        assertThat(served.headers().firstValue("x-comptroller-why")).hasValue(why);
      }
      assertThat(replica.got).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldTakeTheDearerLegWhenTheCheapOneFailsOnlyWhereThatIsAllowed(boolean allowed)
      throws Exception {
    try (FakeReplica broken = new FakeReplica((_, wire) -> wire.whole(503, "{}"));
        FakeReplica up = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)))) {
      String dear = leg("large", 50, "best", up.address());
      String cheap =
          leg("small", 50, "chat", broken.address())
              .replace("\"outputMicros\":4", "\"outputMicros\":2");
      String route =
          route("", dear + "," + cheap)
              .replace("\"legs\"", "\"pricierFallback\":%s,\"legs\"".formatted(allowed));
      TestGateway gateway = gateway("", route);
      int served = 0;
      for (int i = 0; i < 4; i++) {
        HttpResponse<String> response = ask(gateway, "");
        served += response.statusCode() == 200 ? 1 : 0;
        if (response.statusCode() != 200) {
          assertThat(response.statusCode()).isEqualTo(503);
          assertThat(error(response).path("code").asText()).isEqualTo("no_replica_reachable");
        }
      }
      assertThat(broken.got).as("every second turn is the cheap one's").hasSize(2);
      assertThat(served).isEqualTo(allowed ? 4 : 2);
      assertThat(up.got).hasSize(served);
      assertThat(gateway.lines())
          .filteredOn(line -> line.path("status").asInt() == 200)
          .allMatch(line -> line.path("charge_micros").asLong() == 5);
    }
  }

  @Test
  void shouldSayWhatIsLeftOfTheBudgetAsOfWhenWhereTheFeatureHasNoAmount() throws Exception {
    String said = "\"leftMicros\":-2500000,\"leftAt\":\"2026-01-09T10:00:00Z\",\"hard\"";
    TestGateway gateway =
        gateway(account(false, NO_TRAFFIC, "").replace("\"hard\"", said), small());
    HttpResponse<String> served = ask(gateway, "");
    assertThat(served.headers().firstValue("x-comptroller-budget-left")).hasValue("-2.500000");
    assertThat(served.headers().firstValue("x-comptroller-budget-left-at"))
        .hasValue("2026-01-09T10:00:00Z");

    String feature =
        """
        {"name":"default","amountMicros":1000,"priority":1,"batchEligible":true,
         "downgradeAllowed":true}""";
    gateway.route(
        tableWith(
            account(false, NO_TRAFFIC, feature).replace("\"hard\":true", said + ":false"),
            small()));
    org.awaitility.Awaitility.await()
        .until(
            () -> ask(gateway, "").headers().firstValue("x-comptroller-budget-left-at").isEmpty());
    HttpResponse<String> own = ask(gateway, "");
    // Each is charged 128: of a Soft budget's amount, too, is told what is left.
    long left =
        new java.math.BigDecimal(
                own.headers().firstValue("x-comptroller-budget-left").orElseThrow())
            .movePointRight(6)
            .longValueExact();
    assertThat((1_000 - left) % 128).isZero();
    assertThat(left).isLessThanOrEqualTo(1_000 - 2 * 128);
  }

  @Test
  void shouldShareRequestsOutByWeightAndNeverFallBackToADearerLeg() throws Exception {
    try (FakeReplica cheap = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        FakeReplica full = new FakeReplica((_, wire) -> wire.whole(429, "{}"))) {
      String dear = leg("large", 50, "best", full.address());
      String low =
          leg("small", 50, "chat", cheap.address())
              .replace("\"outputMicros\":4", "\"outputMicros\":2");
      TestGateway gateway = gateway("", route("", dear + "," + low));
      for (int i = 0; i < 20; i++) {
        HttpResponse<String> served = ask(gateway, "");
        assertThat(served.statusCode()).isEqualTo(200);
        assertThat(served.headers().firstValue("x-comptroller-variant")).hasValue("small");
      }
      assertThat(full.got).hasSizeBetween(8, 12);
      assertThat(cheap.got).hasSize(20);
      assertThat(gateway.lines()).allMatch(line -> line.path("charge_micros").asLong() == 3);
    }
  }
}
