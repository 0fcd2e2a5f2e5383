package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.chat;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.route;
import static dev.comptroller.gateway.TestGateway.tableOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import dev.comptroller.gateway.identity.LiveKeys;
import dev.comptroller.gateway.identity.TokenReviews;
import dev.comptroller.gateway.identity.TokenReviews.Review;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Who is let in, what they see, and on whom it is booked.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class AccessTest {
  static final String TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaG9wIn0.c2lnbmF0dXJl";

  final ApiKey key = ApiKey.random(new SecureRandom());
  final ApiKey ended = ApiKey.random(new SecureRandom());
  final ApiKey other = ApiKey.random(new SecureRandom());
  final LiveKeys keys = new LiveKeys();
  volatile Review review = new Review.Account("team-a", "robot");
  final ByteArrayOutputStream logged = new ByteArrayOutputStream();
  final Handler log = new StreamHandler(logged, new SimpleFormatter());
  final Logger root = Logger.getLogger("");
  FakeReplica replica;
  TestGateway gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    log.setLevel(java.util.logging.Level.ALL);
    root.addHandler(log);
    keys.offer(
        "a",
        List.of(
            Map.of(
                "namespace", "team-a",
                "features", "search, chat",
                "classes", "interactive",
                "keys",
                    CredentialEntry.Key.of(key).line()
                        + "\n"
                        + CredentialEntry.Key.of(ended).until(Instant.EPOCH).line())));
    keys.offer(
        "b", List.of(Map.of("namespace", "team-b", "keys", CredentialEntry.Key.of(other).line())));
    replica = new FakeReplica((_, wire) -> wire.whole(200, answer(10, 0, 2)));
    TokenReviews reviews = _ -> review;
    gateway =
        new TestGateway(
            folder,
            tableOf(
                route("team-a", "chat", replica.address()),
                """
                {"namespace":"team-b","deployment":"granted","activeVariant":"large","why":"",
                 "legs":[%s],"grants":[{"namespace":"team-a","features":["search"]}]}"""
                    .formatted(leg("large", 1, "granted", replica.address())),
                route("team-b", "secret", replica.address())),
            TestGateway.reviewing(keys, reviews));
  }

  @AfterAll
  void stop() throws Exception {
    gateway.close();
    replica.close();
    root.removeHandler(log);
  }

  private HttpResponse<String> ask(String model, String... headers) throws Exception {
    return gateway.post("{\"model\":\"" + model + "\",\"messages\":[]}", headers);
  }

  private static String bearer(ApiKey key) {
    return "Bearer " + key.text();
  }

  private static JsonNode error(HttpResponse<String> response) throws Exception {
    return TestGateway.JSON.readTree(response.body()).path("error");
  }

  static final List<String> NO_PROOF =
      List.of(
          "",
          "Bearer",
          "Bearer ",
          "Basic dXNlcjpwYXNz",
          "Bearer sk-proj-abcdef",
          "cmp_00000000_" + "A".repeat(43),
          "Bearer cmp_00000000_" + "A".repeat(43),
          "Bearer cmp_00000000_" + "A".repeat(42),
          "Bearer cmp_0000000' OR 1=1 --_" + "A".repeat(43),
          "Bearer ../../etc/passwd",
          "Bearer " + "x".repeat(17_000));

  @ParameterizedTest
  @FieldSource("NO_PROOF")
  void shouldRefuseWhatProvesNothingInOpenAisShape(String header) throws Exception {
    HttpResponse<String> response =
        header.isEmpty() ? ask("chat") : ask("chat", "authorization", header);
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
    assertThat(error(response).path("code").asText()).isEqualTo("invalid_api_key");
    assertThat(error(response).path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error(response).path("message").asText()).isNotEmpty().doesNotContain("passwd");
  }

  @Test
  void shouldTakeAKeyAndBookOnItsNamespaceAndFirstFeature() throws Exception {
    assertThat(ask("chat", "authorization", bearer(key)).statusCode()).isEqualTo(200);
    JsonNode line = gateway.lines().getFirst();
    assertThat(line.path("payer").asText()).isEqualTo("team-a");
    assertThat(line.path("feature").asText()).isEqualTo("search");
    assertThat(ask("chat", "authorization", bearer(ended)).statusCode()).isEqualTo(401);
  }

  @Test
  void shouldLetAClientChooseOnlyAmongTheFeaturesOfItsCredential() throws Exception {
    assertThat(
            ask("chat", "authorization", bearer(key), "x-comptroller-feature", "chat").statusCode())
        .isEqualTo(200);
    assertThat(gateway.lines().getFirst().path("feature").asText()).isEqualTo("chat");
    HttpResponse<String> refused =
        ask("chat", "authorization", bearer(key), "x-comptroller-feature", "billing");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(error(refused).path("message").asText()).contains("allows search, chat");
    HttpResponse<String> flex =
        gateway.post(
            "{\"model\":\"chat\",\"service_tier\":\"flex\"}", "authorization", bearer(key));
    assertThat(flex.statusCode()).isEqualTo(403);
    assertThat(error(flex).path("code").asText()).isEqualTo("class_not_allowed");
  }

  static final List<String> FORGED =
      List.of(
          "x-tenant",
          "x-namespace",
          "x-comptroller-namespace",
          "x-comptroller-tenant",
          "x-comptroller-caller",
          "x-comptroller-class",
          "x-comptroller-meter",
          "x-comptroller-variant",
          "x-comptroller-cost",
          "x-comptroller-tariff",
          "x-feature",
          "x-forwarded-user",
          "x-forwarded-for",
          "x-remote-user",
          "x-remote-group",
          "impersonate-user",
          "x-auth-request-user",
          "x-plan",
          "x-price",
          "openai-organization",
          "openai-project",
          "forwarded");

  @ParameterizedTest
  @FieldSource("FORGED")
  void shouldTakeNoIdentityFromHeadersOrTheBodyAndPassNoneOn(String header) throws Exception {
    HttpResponse<String> response =
        gateway.post(
            "{\"model\":\"chat\",\"user\":\"team-b\",\"namespace\":\"team-b\"}",
            "authorization",
            bearer(key),
            header,
            "team-b");
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode line = gateway.lines().getFirst();
    assertThat(line.path("payer").asText()).isEqualTo("team-a");
    assertThat(line.path("feature").asText()).isEqualTo("search");
    assertThat(line.path("class").asText()).isEqualTo("interactive");
    Map<String, String> got = replica.got.getLast().headers();
    assertThat(got.getOrDefault(header, "")).isNotEqualTo("team-b");
    assertThat(got).doesNotContainKey("authorization");
    assertThat(gateway.post(chat(false), header, "team-a").statusCode()).isEqualTo(401);
  }

  @Test
  void shouldShowAndServeOnlyTheOwnNamespaceAndWhatIsGranted() throws Exception {
    HttpResponse<String> models =
        gateway.client.send(
            java.net.http.HttpRequest.newBuilder(gateway.uri("/v1/models"))
                .header("authorization", bearer(key))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(TestGateway.JSON.readTree(models.body()).path("data").findValuesAsText("id"))
        .containsExactly("team-a/chat", "team-b/granted");
    assertThat(ask("team-b/granted", "authorization", bearer(key)).statusCode()).isEqualTo(200);
    HttpResponse<String> wrongFeature =
        ask("team-b/granted", "authorization", bearer(key), "x-comptroller-feature", "chat");
    HttpResponse<String> hidden = ask("team-b/secret", "authorization", bearer(key));
    HttpResponse<String> missing = ask("team-b/nothing", "authorization", bearer(key));
    assertThat(wrongFeature.statusCode()).isEqualTo(404);
    assertThat(hidden.statusCode()).isEqualTo(404);
    assertThat(hidden.body().replace("secret", "nothing")).isEqualTo(missing.body());
    assertThat(ask("secret", "authorization", bearer(other)).statusCode()).isEqualTo(200);
  }

  @Test
  void shouldTakeServiceAccountTokensAndSayWhenNobodyCanTell() throws Exception {
    review = new Review.Account("team-b", "robot");
    assertThat(ask("secret", "authorization", "Bearer " + TOKEN).statusCode()).isEqualTo(200);
    assertThat(gateway.lines().getFirst().path("payer").asText()).isEqualTo("team-b");
    assertThat(gateway.lines().getFirst().path("feature").asText()).isEqualTo("default");
    review = new Review.Rejected();
    assertThat(ask("secret", "authorization", "Bearer " + TOKEN).statusCode()).isEqualTo(401);
    review = new Review.Unreachable("it cannot be reached");
    HttpResponse<String> away = ask("secret", "authorization", "Bearer " + TOKEN);
    assertThat(away.statusCode()).isEqualTo(503);
    assertThat(away.headers().firstValue("retry-after")).isPresent();
    review = new Review.Account("team-a", "robot");
  }

  @Test
  void shouldListRequestsToItsAdminsOnly() throws Exception {
    ask("chat", "authorization", bearer(key), "x-request-id", "only-for-admins");
    for (String path : List.of("/usage", "/queue")) {
      assertThat(gateway.admin(path).statusCode()).as(path).isEqualTo(401);
      HttpResponse<String> tenant = gateway.admin(path, "authorization", bearer(key));
      assertThat(tenant.statusCode()).as(path).isEqualTo(401);
      assertThat(tenant.body()).contains("service-account token").doesNotContain("only-for-admins");
      HttpResponse<String> robot = gateway.admin(path, "authorization", "Bearer " + TOKEN);
      assertThat(robot.statusCode()).as(path).isEqualTo(403);
      assertThat(robot.body()).contains("team-a/robot is none of", "not_allowed");
      review = new Review.Rejected();
      assertThat(gateway.admin(path, "authorization", "Bearer " + TOKEN).statusCode())
          .isEqualTo(401);
      review = new Review.Unreachable("it cannot be reached");
      assertThat(gateway.admin(path, "authorization", "Bearer " + TOKEN).statusCode())
          .isEqualTo(503);
      review = new Review.Account("team-a", "robot");
      assertThat(
              gateway
                  .admin(path, "authorization", "Bearer " + TestGateway.ADMIN_TOKEN)
                  .statusCode())
          .as(path)
          .isEqualTo(200);
    }
    assertThat(gateway.lines()).anyMatch(line -> line.toString().contains("only-for-admins"));
    HttpResponse<String> metrics = gateway.admin("/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.body()).contains("team-a").doesNotContain("only-for-admins");
  }

  @Test
  void shouldTellNoSecretInLogsMetricsLinesOrErrors() throws Exception {
    List<String> answers = new ArrayList<>();
    for (String proof : List.of(key.text(), ended.text(), other.text() + "x", TOKEN)) {
      answers.add(ask("chat", "authorization", "Bearer " + proof).body());
      answers.add(ask(proof, "authorization", "Bearer " + proof).headers().map().toString());
    }
    keys.offer("broken", List.of(Map.of("namespace", "team-a", "keys", key.text())));
    log.flush();
    String told =
        logged.toString(StandardCharsets.UTF_8) + gateway.admin("/metrics").body() + answers;
    assertThat(logged.toString(StandardCharsets.UTF_8)).contains("line 1 of keys");
    for (String secret : List.of(key.text(), ended.text(), other.text(), TOKEN)) {
      assertThat(told).doesNotContain(secret);
    }
    assertThat(key.toString() + key.hash().length).doesNotContain(key.text());
  }
}
