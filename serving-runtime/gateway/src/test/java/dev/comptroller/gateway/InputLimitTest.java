package dev.comptroller.gateway;

import static dev.comptroller.gateway.BatchSdkTest.await;
import static dev.comptroller.gateway.BatchSdkTest.client;
import static dev.comptroller.gateway.BatchSdkTest.content;
import static dev.comptroller.gateway.BatchSdkTest.line;
import static dev.comptroller.gateway.BatchSdkTest.submit;
import static dev.comptroller.gateway.BatchSdkTest.upload;
import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.tableOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.models.batches.Batch;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// The owner's limit on input tokens: 100 of them.
@Execution(ExecutionMode.CONCURRENT)
class InputLimitTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static String table(FakeReplica replica) {
    return tableOf(
        """
        {"namespace":"team-a","deployment":"chat","activeVariant":"large","why":"","legs":[%s],
         "limits":{"maxInputTokens":100}}"""
            .formatted(leg("large", 100, "chat", replica.address())));
  }

  private static String ask(boolean stream, int characters) {
    return """
        {"model":"chat","stream":%s,"messages":[{"role":"user","content":"%s"}]}"""
        .formatted(stream, "x".repeat(characters));
  }

  private static FakeReplica streaming(int prompt) throws Exception {
    return new FakeReplica(
        (_, wire) -> {
          wire.begin();
          wire.piece(usageComment(prompt, 0, 0));
          wire.piece(chunk("a") + stop() + usageComment(prompt, 0, 2) + DONE);
          wire.end();
        });
  }

  private static void requireTooLong(HttpResponse<String> response, String says) throws Exception {
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode error = TestGateway.JSON.readTree(response.body()).path("error");
    assertThat(error.path("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(error.path("param").asText()).isEqualTo("messages");
    assertThat(error.path("message").asText())
        .contains(says, "deployment team-a/chat takes at most 100 (limits.maxInputTokens)");
  }

  @Test
  void shouldRefuseByTheExactCountBeforeAReplicaSeesTheRequest() throws Exception {
    try (FakeReplica replica = streaming(100).tokenizing(101);
        TestGateway gateway = new TestGateway(folder, table(replica))) {
      requireTooLong(gateway.post(ask(true, 10)), "has 101 tokens");
      assertThat(replica.got).isEmpty();
      replica.tokenizing(100);
      assertThat(gateway.post(ask(true, 10)).statusCode()).isEqualTo(200);
      assertThat(replica.counted).hasValue(2);
    }
  }

  @Test
  void shouldRefuseWhatIsSurelyTooLongThoughNobodyCanCountIt() throws Exception {
    try (FakeReplica replica = streaming(90);
        TestGateway gateway = new TestGateway(folder, table(replica))) {
      requireTooLong(gateway.post(ask(true, 4_000)), "has at least 500 tokens");
      assertThat(replica.got).isEmpty();
      assertThat(gateway.post(ask(true, 500)).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void shouldEndAStreamBeforeItsContentWhenTheEngineCountsTooMuchAndChargeNothing()
      throws Exception {
    try (FakeReplica replica = streaming(101);
        TestGateway gateway = new TestGateway(folder, table(replica))) {
      requireTooLong(gateway.post(ask(true, 10)), "has 101 tokens");
      assertThat(gateway.line().path("charge_micros").asLong()).isZero();
    }
  }

  @Test
  void shouldNotPassOnAnAnswerInOnePieceThatTheEngineCountedTooMuchFor() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(101, 0, 5)));
        TestGateway gateway = new TestGateway(folder, table(replica))) {
      requireTooLong(gateway.post(ask(false, 10)), "has 101 tokens");
      assertThat(gateway.line().path("charge_micros").asLong()).isZero();
    }
  }

  @Test
  void shouldFailTheItemsOfABatchThatAreTooLong() throws Exception {
    try (FakeReplica replica =
            new FakeReplica((_, wire) -> wire.whole(200, answer(100, 0, 5))).tokenizing(101);
        TestGateway gateway = new TestGateway(folder, table(replica))) {
      OpenAIClient client = client(gateway);
      String file = upload(client, folder, List.of(line("a", "Question"))).id();
      Batch done = await(client, submit(client, file).id(), Duration.ofSeconds(20));
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .singleElement()
          .satisfies(
              line -> {
                assertThat(line.at("/response/status_code").asInt()).isEqualTo(400);
                assertThat(line.at("/response/body/error/code").asText())
                    .isEqualTo("context_length_exceeded");
              });
      assertThat(replica.got).isEmpty();
      assertThat(gateway.lines()).isEmpty();
    }
  }

  @Test
  void shouldNameTheTierThatAnAnswerWasServedIn() throws Exception {
    String said = answer(1, 0, 1).replace("\"usage\"", "\"service_tier\" : \"default\" ,\"usage\"");
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if (got.body().contains("\"stream\":true")) {
                    wire.begin();
                    wire.piece(chunk("a") + stop() + usageComment(1, 0, 2) + DONE);
                    wire.end();
                  } else {
                    wire.whole(200, got.body().contains("plain") ? answer(1, 0, 1) : said);
                  }
                });
        TestGateway gateway = new TestGateway(folder, table(replica))) {
      String flex = "{\"service_tier\":\"flex\",";
      assertThat(gateway.post(flex + ask(false, 5).substring(1)).body())
          .isEqualTo(said.replace("\"default\"", "\"flex\""));
      assertThat(gateway.post("{\"service_tier\":\"batch\",\"model\":\"chat\",\"plain\":1}").body())
          .isEqualTo("{\"service_tier\":\"batch\"," + answer(1, 0, 1).substring(1));
      assertThat(gateway.post(ask(false, 5)).body()).isEqualTo(said);
      String stream = gateway.post(flex + ask(true, 5).substring(1)).body();
      assertThat(stream)
          .startsWith(chunk("a").replace("{\"id\"", "{\"service_tier\":\"flex\",\"id\""))
          .endsWith(DONE);
      assertThat(stream.split("\"service_tier\":\"flex\"", -1)).hasSize(3);
    }
  }
}
