package dev.comptroller.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.TokenStream;
import dev.comptroller.engine.Tokenizer;
import dev.comptroller.engine.Usage;
import dev.comptroller.engine.llama.ffi.NativeLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class InstructModelTest {
  private static final String QUESTION = "What is the capital of France? Answer in one sentence.";
  private static final String ANSWER = "The capital of France is Paris.";

  @Test
  void shouldGiveTheKnownAnswerWithItsExactUsage() throws Exception {
    try (Answers answers = open(Fetched.instructModel())) {
      List<TokenEvent> events = Answers.read(ask(answers, QUESTION));
      assertThat(text(events)).isEqualTo(ANSWER);
      var end = (TokenEvent.Finished) events.getLast();
      assertThat(end.usage().gpuNanos()).isPositive();
      assertThat(end)
          .isEqualTo(
              new TokenEvent.Finished(
                  FinishReason.STOP, "", new Usage(21, 0, 8, end.usage().gpuNanos()), ""));
    }
  }

  @Test
  void shouldGiveTheKnownAnswerAmongOthers() throws Exception {
    try (Answers answers = open(Fetched.instructModel())) {
      List<TokenStream> streams = new ArrayList<>();
      streams.add(ask(answers, "Write one sentence about the sea."));
      for (int i = 0; i < 6; i++) {
        streams.add(ask(answers, QUESTION));
      }
      streams.add(ask(answers, "Name three colours and say where one sees them."));
      List<String> texts = new ArrayList<>();
      for (TokenStream stream : streams) {
        texts.add(text(Answers.read(stream)));
      }
      assertThat(texts.subList(1, 7)).containsOnly(ANSWER);
      assertThat(texts.getFirst()).doesNotContain("Paris").hasSizeGreaterThan(20);
      assertThat(texts.getLast()).doesNotContain("Paris").hasSizeGreaterThan(20);
    }
  }

  @Test
  void shouldStillAnswerAsTwoBitWeights(@TempDir Path folder) throws Exception {
    Path smaller = folder.resolve("q2.gguf");
    Path model = Fetched.instructModel();
    Quantize.quantize(NativeLoader.load(Fetched.natives()), model, smaller, Quantization.Q2_K);
    assertThat(smaller.toFile().length()).isLessThan(model.toFile().length());
    try (Answers answers = open(smaller)) {
      assertThat(text(Answers.read(ask(answers, QUESTION)))).isNotBlank();
    }
  }

  private static Answers open(Path model) throws Exception {
    return Answers.over(
        LlamaEngine.open(LlamaOptions.of(Fetched.natives(), model, 8, 256).withContextLength(512)),
        new BatchLimits(8, 256, 64));
  }

  private static TokenStream ask(Answers answers, String question) {
    Tokenizer tokenizer = answers.loop().tokenizer();
    int[] chat = tokenizer.chat(List.of(new ChatMessage("user", question)));
    return answers.ask(chat, SamplingParams.greedy(40));
  }

  private static String text(List<TokenEvent> events) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.text()));
    return text.toString();
  }
}
