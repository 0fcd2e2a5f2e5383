package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.BatchLimits;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class TokenizeTest {
  private static final String TOKENIZE = "/tokenize";

  private Wire wire;

  @BeforeAll
  void start() throws Exception {
    wire =
        Wire.serving(
            ScriptedEngine.saying("ok".getBytes(StandardCharsets.UTF_8), 4),
            new BatchLimits(4, 64, 8));
  }

  @AfterAll
  void stop() {
    wire.close();
  }

  private JsonNode tokenized(String body) throws Exception {
    HttpResponse<String> answer = wire.post(TOKENIZE, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Wire.json(answer.body());
  }

  @Test
  void shouldCountTheBodyOfARequestAsItsAnswerDoes() throws Exception {
    String chat = Wire.chatBody("\"max_tokens\":2,\"service_tier\":\"flex\"");
    JsonNode counted = tokenized(chat);
    assertThat(counted.path("count").asInt())
        .isPositive()
        .isEqualTo(counted.path("tokens").size())
        .isEqualTo(
            Wire.json(wire.post("/v1/chat/completions", chat).body())
                .at("/usage/prompt_tokens")
                .asInt());
    assertThat(counted.path("max_model_len").asInt()).isPositive();

    String text = "{\"model\":\"house\",\"prompt\":\"Größe\",\"max_tokens\":2}";
    assertThat(tokenized(text).path("count").asInt())
        .isEqualTo(
            Wire.json(wire.post("/v1/completions", text).body())
                .at("/usage/prompt_tokens")
                .asInt());
  }

  @Test
  void shouldTakeNoMoreThanThePromptAndLeaveSpecialTokensOutWhenAsked() throws Exception {
    int whole = tokenized("{\"prompt\":\"abc\"}").path("count").asInt();
    assertThat(tokenized("{\"prompt\":\"abc\",\"add_special_tokens\":false}").path("count").asInt())
        .isEqualTo(whole - 1);
    assertThat(tokenized("{\"prompt\":[5,6,7]}").path("tokens").toString()).isEqualTo("[5,6,7]");
  }

  @Test
  void shouldNameWhatItCannotCut() throws Exception {
    HttpResponse<String> neither = wire.post(TOKENIZE, "{\"model\":\"house\"}");
    assertThat(neither.statusCode()).isEqualTo(400);
    assertThat(neither.body()).contains("'prompt' is missing");
    HttpResponse<String> open =
        wire.post(TOKENIZE, "{\"prompt\":\"a\",\"add_generation_prompt\":false}");
    assertThat(open.statusCode()).isEqualTo(400);
    assertThat(open.body()).contains("'add_generation_prompt' must be true");
    assertThat(wire.post(TOKENIZE, "[]").statusCode()).isEqualTo(400);
    assertThat(wire.post(TOKENIZE, "{\"model\":\"other\",\"prompt\":\"a\"}").statusCode())
        .isEqualTo(404);
    assertThat(wire.get(TOKENIZE).statusCode()).isEqualTo(405);
  }
}
