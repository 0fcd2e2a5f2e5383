package dev.comptroller.gateway;

import static dev.comptroller.gateway.BatchSdkTest.await;
import static dev.comptroller.gateway.BatchSdkTest.client;
import static dev.comptroller.gateway.BatchSdkTest.line;
import static dev.comptroller.gateway.BatchSdkTest.submit;
import static dev.comptroller.gateway.BatchSdkTest.upload;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.identity.LiveKeys;
import dev.comptroller.gateway.identity.TokenReviews.Review;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the operator reads of charges. The text is the operator's fixture as well: its tests parse
/// the same file.
class ChargesExportTest {
  private static final String GOLDEN = "charges-export.txt";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final ApiKey key = ApiKey.random(new SecureRandom());

  private TestGateway start(FakeReplica replica) throws Exception {
    return start(
        replica,
        TrafficTest.account(
            false,
            TrafficTest.NO_TRAFFIC,
            """
            {"name":"search","amountMicros":1000000,"priority":1,"batchEligible":false,
             "downgradeAllowed":true}"""));
  }

  private TestGateway start(FakeReplica replica, String account) throws Exception {
    LiveKeys keys = new LiveKeys();
    keys.offer(
        "a",
        List.of(
            Map.of(
                "namespace", "team-a",
                "features", "search, chat",
                "classes", "interactive, batch",
                "keys", CredentialEntry.Key.of(key).line())));
    String table =
        tableWith(
            account,
            TestGateway.route("team-a", "llm", replica.address()),
            """
            {"namespace":"team-b","deployment":"shared","activeVariant":"large","why":"",
             "legs":[%s],"grants":[{"namespace":"team-a","features":["chat"]}]}"""
                .formatted(leg("large", 1, "shared", replica.address())));
    return new TestGateway(
        folder,
        table,
        new Gateway.Access(
            Gate.required(keys, _ -> new Review.Account("x", "y"), Clock.systemUTC()),
            Optional.empty()));
  }

  private static String exported(TestGateway gateway) throws Exception {
    List<String> lines =
        gateway
            .admin("/metrics")
            .body()
            .lines()
            .filter(line -> line.matches("comptroller_(charged|measured|account)_.*"))
            .sorted()
            .toList();
    return String.join("\n", lines) + "\n";
  }

  private static String golden() throws Exception {
    try (var in = ChargesExportTest.class.getResourceAsStream("/" + GOLDEN)) {
      return new String(
          java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void ask(TestGateway gateway, String model, String feature) throws Exception {
    assertThat(asked(gateway, model, feature).statusCode()).isEqualTo(200);
  }

  private HttpResponse<String> asked(TestGateway gateway, String model, String feature)
      throws Exception {
    return gateway.post(
        "{\"model\":\"" + model + "\",\"messages\":[]}",
        "authorization",
        "Bearer " + key.text(),
        "x-comptroller-feature",
        feature);
  }

  @Test
  void shouldExportChargesMeasuredCostAndAccountsAsTheOperatorReadsThem() throws Exception {
    // 1.6 ms of a GPU at $3.60 an hour are 1.6 micro-dollars: three requests make 4.8.
    try (FakeReplica replica =
        new FakeReplica(
            (_, wire) -> wire.whole(200, answer(100, 0, 7), "x-comptroller-gpu-ns: 1600000"))) {
      try (TestGateway gateway = start(replica)) {
        ask(gateway, "llm", "search");
        ask(gateway, "llm", "search");
        ask(gateway, "llm", "search");
        ask(gateway, "shared", "chat");
        String text = exported(gateway);
        if (Boolean.getBoolean("golden.write")) {
          Files.writeString(Path.of("src/test/resources", GOLDEN), text);
        }
        assertThat(text).isEqualTo(golden());
      }
      try (TestGateway again = start(replica)) {
        org.awaitility.Awaitility.await()
            .until(() -> exported(again).contains("comptroller_account_spent_micros"));
        assertThat(exported(again))
            .as("counters begin anew, accounts go on")
            .isEqualTo(
                golden()
                    .lines()
                    .filter(line -> line.startsWith("comptroller_account_"))
                    .reduce("", (all, line) -> all + line + "\n"));
      }
    }
  }

  @Test
  void shouldRefuseWhatOthersWouldChargeBeyondWhatIsAllottedAndServeOwnModelsOn() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(100, 0, 7)))) {
      String open = TrafficTest.account(false, TrafficTest.NO_TRAFFIC, "");
      // 128 each: two fit, and the bounds of what a third may take do not.
      try (TestGateway gateway =
          start(replica, open.replace("\"hard\"", "\"abroadMicros\":500,\"hard\""))) {
        ask(gateway, "shared", "chat");
        ask(gateway, "shared", "chat");
        HttpResponse<String> refused = asked(gateway, "shared", "chat");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("retry-after")).hasValue("30");
        assertThat(refused.headers().firstValue("x-should-retry")).hasValue("true");
        var error = TestGateway.JSON.readTree(refused.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("insufficient_quota");
        assertThat(error.path("message").asText())
            .contains("namespace team-a may be charged $0.000500 by other namespaces for now")
            .contains("$0.000256 is spent", "2099-01-01T00:00:00Z");
        ask(gateway, "llm", "chat");
      }
      // The ledger remembers; a soft budget only counts.
      String soft = open.replace("\"hard\":true", "\"abroadMicros\":500,\"hard\":false");
      try (TestGateway gateway = start(replica, soft)) {
        ask(gateway, "shared", "chat");
      }
    }
  }

  @Test
  void shouldCountItemsOfBatchesAsWell() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> wire.whole(200, answer(100, 0, 7), "x-comptroller-gpu-ns: 500000"));
        TestGateway gateway = new TestGateway(folder, TestGateway.table(replica.address()))) {
      OpenAIClient client = client(gateway);
      String file = upload(client, folder, List.of(line("a", "1"), line("b", "2"))).id();
      var _ = await(client, submit(client, file).id(), Duration.ofSeconds(20));
      String labels =
          "{namespace=\"team-a\",feature=\"default\",provider=\"team-a\",deployment=\"chat\","
              + "variant=\"large\",}";
      assertThat(exported(gateway))
          .contains("comptroller_charged_micros_total" + labels + " 128.0")
          .contains("comptroller_charged_requests_total" + labels + " 2.0")
          .contains("comptroller_measured_micros_total" + labels + " 1.0");
    }
  }
}
