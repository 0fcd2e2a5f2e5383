package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import dev.comptroller.batching.BatchLimits;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiClientTest {
  private static final String ANSWER = "Grüße, 🙂!";
  private static final int ANSWER_TOKENS = ANSWER.getBytes(StandardCharsets.UTF_8).length + 1;

  private Wire wire;
  private OpenAIClient client;

  @BeforeAll
  void start() throws Exception {
    wire =
        Wire.serving(
            ScriptedEngine.saying(ANSWER.getBytes(StandardCharsets.UTF_8), 4),
            new BatchLimits(4, 64, 8));
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(wire.uri("/v1").toString())
            .apiKey("none")
            .maxRetries(0)
            .build();
  }

  @AfterAll
  void stop() {
    client.close();
    wire.close();
  }

  @Test
  void shouldChat() {
    ChatCompletion answer = client.chat().completions().create(question(Wire.MODEL).build());

    assertThat(answer.choices().getFirst().message().content()).contains(ANSWER);
    assertThat(answer.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(ANSWER_TOKENS);
    assertThat(answer.model()).isEqualTo(Wire.MODEL);
  }

  @Test
  void shouldStreamAChatWithUsageInTheLastChunk() {
    ChatCompletionCreateParams question =
        question(Wire.MODEL)
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    List<ChatCompletionChunk> chunks;
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(question)) {
      chunks = stream.stream().toList();
    }

    var text = new StringBuilder();
    chunks.stream()
        .flatMap(chunk -> chunk.choices().stream())
        .forEach(choice -> choice.delta().content().ifPresent(text::append));
    assertThat(text).hasToString(ANSWER);
    assertThat(chunks.getLast().choices()).isEmpty();
    assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isEqualTo(ANSWER_TOKENS);
    assertThat(chunks.getLast().usage().orElseThrow().promptTokens()).isEqualTo(42);
  }

  @Test
  void shouldCompleteText() {
    Completion answer =
        client
            .completions()
            .create(CompletionCreateParams.builder().model("house").prompt("a").build());

    assertThat(answer.choices().getFirst().text()).isEqualTo(ANSWER);
    assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(2);
  }

  @Test
  void shouldListModels() {
    assertThat(client.models().list().data())
        .extracting(com.openai.models.models.Model::id)
        .containsExactly(Wire.MODEL, "house");
  }

  @Test
  void shouldRaiseTheClientsOwnErrors() {
    assertThatThrownBy(() -> client.chat().completions().create(question("gpt").build()))
        .isInstanceOfSatisfying(
            NotFoundException.class,
            e -> {
              assertThat(e.code()).contains("model_not_found");
              assertThat(e.param()).contains("model");
            });
    assertThatThrownBy(() -> client.chat().completions().create(question("house").n(3).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class, e -> assertThat(e.param()).contains("n"));
  }

  private static ChatCompletionCreateParams.Builder question(String model) {
    // "system: be nice\nuser: hi, you\nassistant: " and a begin mark are 42 tokens
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addSystemMessage("be nice")
        .addUserMessage("hi, you")
        .maxCompletionTokens(64);
  }
}
