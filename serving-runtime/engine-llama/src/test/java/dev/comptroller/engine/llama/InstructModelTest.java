package dev.comptroller.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.Tokenizer;
import dev.comptroller.engine.Usage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("integration")
class InstructModelTest {
  private static final List<String> QUESTIONS =
      List.of(
          "What is the capital of France? Answer in one sentence.",
          "What is the capital of Italy? Answer in one sentence.",
          "Name three colours.",
          "What is two plus two?",
          "Write one sentence about the sea.",
          "Which animal says meow?",
          "What do bees make?",
          "How many days does a week have?");

  @Test
  void shouldGiveTheKnownAnswerAndTheSameBatchedAsAlone() throws Exception {
    LlamaEngine engine =
        LlamaEngine.open(
            LlamaOptions.of(Fetched.natives(), Fetched.instructModel(), 8, 256)
                .withContextLength(512));
    List<int[]> prompts = QUESTIONS.stream().map(q -> prompt(engine.tokenizer(), q)).toList();
    try (Answers answers = Answers.over(engine, new BatchLimits(8, 256, 64))) {
      List<TokenEvent> events =
          Answers.read(answers.ask(prompts.getFirst(), SamplingParams.greedy(32)));
      StringBuilder text = new StringBuilder();
      events.forEach(event -> text.append(event.text()));
      assertThat(text).hasToString("The capital of France is Paris.");
      assertThat(events.getLast())
          .isEqualTo(new TokenEvent.Finished(FinishReason.STOP, "", new Usage(21, 0, 8), ""));
      List<TokenIds> alone = answers.oneByOne(prompts, SamplingParams.greedy(24));
      List<TokenIds> together = answers.together(prompts, SamplingParams.greedy(24));
      long differing =
          IntStream.range(0, prompts.size())
              .filter(i -> !alone.get(i).equals(together.get(i)))
              .count();
      assertThat(differing)
          .as("answers that differ; 1 in 8 is allowed, sums round differently in a batch")
          .isLessThanOrEqualTo(1);
    }
  }

  private static int[] prompt(Tokenizer tokenizer, String question) {
    String chat = tokenizer.applyChatTemplate(List.of(new ChatMessage("user", question)), true);
    return tokenizer.tokenize(chat, true, true);
  }
}
