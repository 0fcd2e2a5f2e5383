package dev.comptroller.gateway;

import static dev.comptroller.gateway.BatchSdkTest.await;
import static dev.comptroller.gateway.BatchSdkTest.content;
import static dev.comptroller.gateway.BatchSdkTest.line;
import static dev.comptroller.gateway.BatchSdkTest.submit;
import static dev.comptroller.gateway.BatchSdkTest.upload;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.NotFoundException;
import com.openai.errors.PermissionDeniedException;
import com.openai.models.batches.Batch;
import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import dev.comptroller.gateway.identity.LiveKeys;
import dev.comptroller.gateway.identity.TokenReviews;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whose files and batches are whose, and on what they are booked.
class BatchOwnerTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private final LiveKeys keys = new LiveKeys();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private ApiKey key(String name, String namespace, String feature, String classes) {
    ApiKey key = ApiKey.random(new SecureRandom());
    keys.offer(
        name,
        List.of(
            Map.of(
                "namespace", namespace,
                "features", feature,
                "classes", classes,
                "keys", CredentialEntry.Key.of(key).line())));
    return key;
  }

  private static OpenAIClient client(TestGateway gateway, ApiKey key) {
    return OpenAIOkHttpClient.builder()
        .apiKey(key.text())
        .baseUrl(gateway.uri("/v1").toString())
        .maxRetries(0)
        .build();
  }

  private TestGateway gateway(String accounts, String... routes) throws Exception {
    return new TestGateway(
        folder,
        tableWith(accounts, routes),
        TestGateway.reviewing(keys, _ -> new TokenReviews.Review.Rejected()));
  }

  private static String account(long amount) {
    return """
        {"namespace":"team-a","budget":"b","periodStart":"2026-01-01T00:00:00Z",\
        "periodEnd":"2036-01-01T00:00:00Z","hard":true,"observe":false,"fundedUntil":null,\
        "traffic":{"queueBatch":false,"maxOutputTokens":null,"tokensPerMinute":null,\
        "suspended":false,"why":"","until":null},"features":[{"name":"night","amountMicros":%d,\
        "priority":1,"batchEligible":true,"downgradeAllowed":true}]}"""
        .formatted(amount);
  }

  @Test
  void shouldShowFilesAndBatchesToTheFeatureThatMadeThemOnly() throws Exception {
    ApiKey night = key("night", "team-a", "night", "interactive, batch");
    ApiKey day = key("day", "team-a", "day", "batch");
    ApiKey other = key("other", "team-b", "night", "batch");
    ApiKey hasty = key("hasty", "team-a", "night", "interactive");
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(12, 3, 4)));
        TestGateway gateway =
            gateway(account(1_000_000), TestGateway.route("team-a", "chat", replica.address()))) {
      String file = upload(client(gateway, night), folder, List.of(line("a", "x"))).id();
      Batch batch = submit(client(gateway, night), file);
      assertThat(await(client(gateway, night), batch.id(), SOON).status())
          .isEqualTo(Batch.Status.COMPLETED);
      for (ApiKey stranger : List.of(day, other)) {
        OpenAIClient client = client(gateway, stranger);
        assertThat(client.files().list().data()).isEmpty();
        assertThat(client.batches().list().data()).isEmpty();
        assertThatThrownBy(() -> client.files().content(file))
            .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.batches().retrieve(batch.id()))
            .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> submit(client, file)).isInstanceOf(NotFoundException.class);
      }
      assertThatThrownBy(() -> client(gateway, hasty).files().list())
          .isInstanceOf(PermissionDeniedException.class)
          .hasMessageContaining("may not send batch requests");
      JsonNode line = gateway.line();
      assertThat(line.path("payer").asText()).isEqualTo("team-a");
      assertThat(line.path("feature").asText()).isEqualTo("night");
      String foreign = upload(client(gateway, other), folder, List.of(line("a", "x"))).id();
      Batch denied =
          await(client(gateway, other), submit(client(gateway, other), foreign).id(), SOON);
      assertThat(denied.status()).isEqualTo(Batch.Status.FAILED);
      assertThat(denied.errors().orElseThrow().data().orElseThrow().getFirst().code())
          .hasValue("model_not_found");
    }
  }

  @Test
  void shouldRefuseBatchWorkOfAFeatureThatItsBudgetDoesNotLetSendAny() throws Exception {
    ApiKey night = key("night", "team-a", "night", "interactive, flex, batch");
    ApiKey day = key("day", "team-a", "day", "interactive, flex, batch");
    String barred = account(1_000_000).replace("\"batchEligible\":true", "\"batchEligible\":false");
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(12, 3, 4)));
        TestGateway gateway =
            gateway(barred, TestGateway.route("team-a", "chat", replica.address()))) {
      String why =
          "feature night of namespace team-a may not send batch requests: set batchEligible of it"
              + " in spec.features of the InferenceBudget b";
      OpenAIClient client = client(gateway, night);
      String file = upload(client, folder, List.of(line("a", "x"))).id();
      assertThatThrownBy(() -> submit(client, file))
          .isInstanceOfSatisfying(
              PermissionDeniedException.class,
              refused -> {
                assertThat(refused.code()).hasValue("batch_not_allowed");
                assertThat(refused).hasMessageContaining(why);
              });
      for (String tier : List.of("flex", "batch")) {
        HttpResponse<String> refused = tiered(gateway, night, tier);
        assertThat(refused.statusCode()).isEqualTo(403);
        JsonNode error = TestGateway.JSON.readTree(refused.body()).path("error");
        assertThat(error.path("message").asText()).isEqualTo(why);
        assertThat(error.path("param").asText()).isEqualTo("service_tier");
        assertThat(tiered(gateway, day, tier).statusCode()).isEqualTo(200);
      }
      assertThat(tiered(gateway, night, "auto").statusCode()).isEqualTo(200);
      assertThat(replica.got).hasSize(3);

      gateway.route(
          tableWith(
              barred.replace("\"observe\":false", "\"observe\":true"),
              TestGateway.route("team-a", "chat", replica.address())));
      org.awaitility.Awaitility.await()
          .atMost(SOON)
          .until(() -> tiered(gateway, night, "flex").statusCode() == 200);
      assertThat(gateway.admin("/metrics").body())
          .contains(
              "comptroller_gateway_would_refuse_total{namespace=\"team-a\",action=\"batch\",} 1.0");
      assertThat(await(client, submit(client, file).id(), SOON).status())
          .isEqualTo(Batch.Status.COMPLETED);
    }
  }

  private static HttpResponse<String> tiered(TestGateway gateway, ApiKey key, String tier)
      throws Exception {
    return gateway.post(
        TestGateway.chat(false)
            .replace("\"stream\":false", "\"service_tier\":\"%s\"".formatted(tier)),
        "authorization",
        "Bearer " + key.text());
  }

  @Test
  void shouldRunOnlyWhatTheFeaturesAmountPaysForAndExpireTheRest() throws Exception {
    ApiKey night = key("night", "team-a", "night", "batch");
    // Each item is charged 13 micro-dollars; an attempt holds 5 + 16 * 4 at half the price.
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(12, 3, 4)));
        TestGateway gateway =
            gateway(account(70), TestGateway.route("team-a", "chat", replica.address()))) {
      OpenAIClient client = client(gateway, night);
      List<String> lines = List.of(line("a", "x"), line("b", "x"), line("c", "x"), line("d", "x"));
      Batch batch = submit(client, upload(client, folder, lines).id(), "4s");
      Batch done = await(client, batch.id(), SOON);
      assertThat(done.status()).isEqualTo(Batch.Status.EXPIRED);
      List<JsonNode> bills = gateway.lines();
      assertThat(bills)
          .hasSizeBetween(1, 3)
          .allMatch(bill -> bill.path("charge_micros").asLong() == 13);
      assertThat(content(client, done.outputFileId().orElseThrow())).hasSameSizeAs(bills);
    }
  }

  @Test
  void shouldChargeARequestThatWaitsAtTheTariffAndSayThatItWaited() throws Exception {
    ApiKey night = key("night", "team-a", "night", "interactive, flex");
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(12, 3, 4)));
        TestGateway gateway =
            gateway(account(1_000_000), TestGateway.route("team-a", "chat", replica.address()))) {
      HttpResponse<String> response =
          gateway.post(
              TestGateway.chat(false).replace("\"stream\":false", "\"service_tier\":\"flex\""),
              "authorization",
              "Bearer " + night.text());
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-comptroller-why").orElse(""))
          .contains("waited", "50 % of the price");
      JsonNode line = gateway.line();
      assertThat(line.path("class").asText()).isEqualTo("batch");
      assertThat(line.path("tariff_percent").asInt()).isEqualTo(50);
      assertThat(line.path("charge_micros").asLong()).isEqualTo(13);
      assertThat(replica.got.getFirst().headers()).containsEntry("x-comptroller-class", "batch");
    }
  }
}
