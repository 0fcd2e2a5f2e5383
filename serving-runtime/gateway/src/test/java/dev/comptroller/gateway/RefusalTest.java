package dev.comptroller.gateway;

import static dev.comptroller.gateway.TestGateway.route;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class RefusalTest {
  /// A bad request and what must be said about it.
  record Bad(String name, String body, int status, String param, String code, String says) {
    @Override
    public String toString() {
      return name;
    }
  }

  static final List<Bad> BAD =
      List.of(
          new Bad("nothing", "", 400, "", "invalid_request", "body is empty"),
          new Bad("no JSON", "model=chat", 400, "", "invalid_request", "not valid JSON"),
          new Bad("a cut body", "{\"model\":\"chat\"", 400, "", "invalid_request", "JSON"),
          new Bad(
              "a cut list", "{\"model\":\"chat\",\"a\":[1,", 400, "", "invalid_request", "JSON"),
          new Bad("an array", "[]", 400, "", "invalid_request", "must be a JSON object"),
          new Bad("a string", "\"model\"", 400, "", "invalid_request", "must be a JSON object"),
          new Bad("two objects", "{\"model\":\"chat\"}{}", 400, "", "invalid_request", "follows"),
          new Bad("no model", "{\"messages\":[]}", 400, "model", "invalid_request", "missing"),
          new Bad("a number as model", "{\"model\":1}", 400, "model", "invalid_request", "string"),
          new Bad("null as model", "{\"model\":null}", 400, "model", "invalid_request", "string"),
          new Bad("an empty model", "{\"model\":\" \"}", 400, "model", "invalid_request", "empty"),
          new Bad(
              "two models",
              "{\"model\":\"chat\",\"model\":\"other\"}",
              400,
              "model",
              "invalid_request",
              "twice"),
          new Bad(
              "a nested model only",
              "{\"a\":{\"model\":\"chat\"}}",
              400,
              "model",
              "invalid_request",
              "missing"),
          new Bad(
              "a word as stream",
              "{\"model\":\"chat\",\"stream\":\"yes\"}",
              400,
              "stream",
              "invalid_request",
              "true or false"),
          new Bad(
              "stream twice",
              "{\"stream\":false,\"model\":\"chat\",\"stream\":true}",
              400,
              "stream",
              "invalid_request",
              "twice"),
          new Bad(
              "too deep",
              "{\"model\":\"chat\",\"a\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}",
              400,
              "",
              "invalid_request",
              "depth"),
          new Bad(
              "an unknown model",
              "{\"model\":\"gone\"}",
              404,
              "model",
              "model_not_found",
              "model gone does not exist"),
          new Bad(
              "an unknown namespace",
              "{\"model\":\"team-z/chat\"}",
              404,
              "model",
              "model_not_found",
              "team-z/chat"),
          new Bad(
              "another case",
              "{\"model\":\"Team-a/Chat\"}",
              404,
              "model",
              "model_not_found",
              "Team-a/Chat"),
          new Bad(
              "an ambiguous model",
              "{\"model\":\"chat\"}",
              400,
              "model",
              "model_ambiguous",
              "team-a/chat, team-b/chat"),
          new Bad(
              "nothing ready",
              "{\"model\":\"team-c/cold\"}",
              503,
              "",
              "deployment_not_ready",
              "deployment team-c/cold has no ready replica: CapacityAvailable is False"
                  + " (PoolFull): pool h100 lacks 8 GPUs"),
          new Bad(
              "not funded",
              "{\"model\":\"broke\"}",
              429,
              "",
              "insufficient_quota",
              "namespace team-d was funded until 2020-01-01T00:00:00Z"),
          new Bad(
              "too long",
              "{\"model\":\"" + "x".repeat(10 * 1024 * 1024) + "\"}",
              413,
              "",
              "request_too_large",
              "longer than 10485760 bytes"));

  static final String TABLE =
      tableWith(
          """
          {"namespace":"team-d","budget":"month","periodStart":"2019-12-01T00:00:00Z",
           "periodEnd":"2020-01-01T00:00:00Z","hard":true,"observe":false,
           "fundedUntil":"2020-01-01T00:00:00Z","features":[]}""",
          route("team-a", "chat", "127.0.0.1:1"),
          route("team-b", "chat", "127.0.0.1:1"),
          """
          {"namespace":"team-c","deployment":"cold","activeVariant":"large","legs":[],
           "unavailable":{"condition":"CapacityAvailable","reason":"PoolFull",
           "message":"pool h100 lacks 8 GPUs"}}""",
          """
          {"namespace":"team-d","deployment":"broke","activeVariant":"large",
           "legs":[{"variant":"large","quality":1,"weight":1,"replicaHourMicros":0,
           "replicas":[{"name":"r","address":"127.0.0.1:1","maxSequences":1}]}],
           "unavailable":null}""");

  TestGateway gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    gateway = new TestGateway(folder, TABLE);
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @FieldSource("BAD")
  void shouldRefuseNamingTheFieldAndBookTheRefusal(Bad bad) throws Exception {
    HttpResponse<String> response = gateway.post(bad.body(), "x-request-id", "r1");
    JsonNode error = TestGateway.JSON.readTree(response.body()).path("error");

    assertThat(response.statusCode()).isEqualTo(bad.status());
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(response.headers().firstValue("x-request-id")).hasValue("r1");
    assertThat(error.path("message").asText()).contains(bad.says());
    assertThat(error.path("param").asText())
        .isEqualTo(bad.param().isEmpty() ? "null" : bad.param());
    assertThat(error.path("code").asText()).isEqualTo(bad.code());
    if (bad.status() == 503) {
      assertThat(response.headers().firstValue("retry-after")).isPresent();
    }
    if (bad.status() == 429) {
      assertThat(response.headers().firstValue("x-should-retry")).hasValue("false");
    }
    JsonNode line = gateway.lines().getFirst();
    assertThat(line.path("outcome").asText()).isEqualTo("refused");
    assertThat(line.path("status").asInt()).isEqualTo(bad.status());
    assertThat(line.path("prompt_tokens").asLong()).isZero();
  }

  @Test
  void shouldRefuseWrongPathsAndMethods() throws Exception {
    assertThat(gateway.get("/v1/chat/completions").statusCode()).isEqualTo(405);
    assertThat(gateway.get("/v1/chat/completions").headers().firstValue("allow")).hasValue("POST");
    assertThat(gateway.get("/v1/nothing").statusCode()).isEqualTo(404);
    assertThat(gateway.get("/metrics").statusCode()).isEqualTo(404);
    assertThat(gateway.get("/usage").statusCode()).isEqualTo(404);
    assertThat(gateway.admin("/v1/models").statusCode()).isEqualTo(404);
    assertThat(gateway.admin("/usage?limit=0").statusCode()).isEqualTo(400);
    assertThat(gateway.admin("/usage?limit=x").body()).contains("\"param\":\"limit\"");
    assertThat(gateway.admin("/usage?limit=1001").statusCode()).isEqualTo(400);
  }

  @Test
  void shouldRefuseCompressedBodies() throws Exception {
    HttpResponse<String> response = gateway.post("{}", "content-encoding", "gzip");
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.body()).contains("content-encoding gzip");
  }

  @Test
  void shouldNotWaitForABodyThatDoesNotArrive() throws Exception {
    try (Socket client = gateway.connect()) {
      OutputStream out = client.getOutputStream();
      out.write(
          "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"model\""
              .getBytes(StandardCharsets.UTF_8));
      out.flush();
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 408 ").contains("did not arrive within 2 s");
    }
  }

  @Test
  void shouldListEveryModelAndSayWhetherItIsReady() throws Exception {
    JsonNode models = TestGateway.JSON.readTree(gateway.get("/v1/models").body());
    assertThat(models.path("data").findValuesAsText("id"))
        .containsExactly("team-a/chat", "team-b/chat", "team-c/cold", "team-d/broke");
    assertThat(models.path("data").findValuesAsText("ready"))
        .containsExactly("true", "true", "false", "false");
    for (String path :
        List.of("/v1/models/team-c/cold", "/v1/models/team-c%2Fcold", "/v1/models/cold")) {
      JsonNode model = TestGateway.JSON.readTree(gateway.get(path).body());
      assertThat(model.path("id").asText()).isEqualTo("team-c/cold");
      assertThat(model.path("reason").asText()).contains("pool h100 lacks 8 GPUs");
    }
    assertThat(gateway.get("/v1/models/chat").statusCode()).isEqualTo(400);
    assertThat(gateway.get("/v1/models/none").statusCode()).isEqualTo(404);
  }

  @Test
  void shouldKeepLabelsBoundedWhateverClientsSend() throws Exception {
    for (int i = 0; i < 5; i++) {
      gateway.post("{\"model\":\"made-up-" + i + "\"}");
    }
    String metrics = gateway.admin("/metrics").body();
    assertThat(metrics)
        .doesNotContain("made-up")
        .contains(
            "comptroller_gateway_requests_total{namespace=\"\",deployment=\"\",code=\"404\",}");
  }

  @Test
  void shouldMakeARequestIdWhenTheClientsIsNotDecent() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.uri("/v1/models").toString()))
            .header("x-request-id", "a b;drop")
            .build();
    HttpResponse<String> response =
        gateway.client.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.headers().firstValue("x-request-id").orElse("")).startsWith("req_");
  }
}
