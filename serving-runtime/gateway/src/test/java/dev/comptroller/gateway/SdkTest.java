package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SdkTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static FakeReplica replica() throws Exception {
    return new FakeReplica(
        (got, wire) -> {
          if (got.body().contains("\"stream\":true")) {
            wire.begin();
            wire.piece(chunk("Pa") + chunk("ris"));
            wire.piece(stop() + usageComment(12, 3, 4) + DONE);
            wire.end();
          } else {
            wire.whole(200, answer(12, 3, 4));
          }
        });
  }

  private static OpenAIClient client(TestGateway gateway) {
    return OpenAIOkHttpClient.builder()
        .apiKey("unused")
        .baseUrl(gateway.uri("/v1").toString())
        .maxRetries(0)
        .build();
  }

  private static ChatCompletionCreateParams ask(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage("What is the capital of France?")
        .build();
  }

  @Test
  void shouldServeTheOpenAiClientWithAndWithoutStreaming() throws Exception {
    try (FakeReplica replica = replica();
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);

      ChatCompletion whole = client.chat().completions().create(ask("chat"));
      assertThat(whole.choices().getFirst().message().content()).hasValue("Paris.");
      assertThat(whole.usage().orElseThrow().promptTokens()).isEqualTo(12);

      StringBuilder text = new StringBuilder();
      try (StreamResponse<ChatCompletionChunk> stream =
          client.chat().completions().createStreaming(ask("team-a/chat"))) {
        stream.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .forEach(choice -> choice.delta().content().ifPresent(text::append));
      }
      assertThat(text).hasToString("Paris");

      assertThat(gateway.lines())
          .allMatch(line -> line.path("prompt_tokens").asLong() == 12)
          .allMatch(line -> line.path("completion_tokens").asLong() == 4)
          .allMatch(line -> line.path("charge_micros").asLong() == 25)
          .hasSize(2);
      List<String> models =
          client.models().list().data().stream().map(model -> model.id()).toList();
      assertThat(models).containsExactly("team-a/chat");
      assertThatThrownBy(() -> client.chat().completions().create(ask("none")))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("model none does not exist");
    }
  }

  @Test
  void shouldFailTheOpenAiClientsStreamWhenTheReplicaDies() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("Pa"));
                  wire.die();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);
      assertThatThrownBy(
              () -> {
                try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(ask("chat"))) {
                  stream.stream().forEach(_ -> {});
                }
              })
          .hasMessageContaining("replica chat-0 of deployment team-a/chat failed");
    }
  }
}
