package dev.comptroller.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.e2e.models.ModelShape;
import dev.comptroller.e2e.models.SeededModel;
import dev.comptroller.e2e.models.TensorType;
import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.TokenStream;
import dev.comptroller.engine.Tokenizer;
import dev.comptroller.engine.llama.ffi.NativeLoader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class LlamaEngineTest {
  private static final SamplingParams GREEDY =
      SamplingParams.greedy(24).withLogprobs(5).ignoringEnd();

  /// Difference of logarithms of probabilities below which rounding may decide.
  private static final double NEARLY_AS_LIKELY = 0.02;

  @TempDir private static Path folder = Path.of(".");
  private static Path natives = Path.of(".");
  private static Path model = Path.of(".");

  @BeforeAll
  static void prepare() throws Exception {
    natives = Fetched.natives();
    model = folder.resolve("tiny.gguf");
    new SeededModel(ModelShape.TINY, TensorType.F16, 5).write(model);
  }

  @Test
  void shouldAnswerTheSameBatchedAsAlone() throws Exception {
    List<int[]> prompts = prompts(16, 40);
    List<List<TokenEvent>> alone;
    try (Answers answers = answers(options(16, 256), new BatchLimits(1, 256, 64))) {
      alone = answers.oneByOne(prompts, GREEDY);
    }
    try (Answers answers = answers(options(16, 256), new BatchLimits(16, 256, 64))) {
      assertSameUpToNearTies(answers.together(prompts, GREEDY), alone);
    }
  }

  @Test
  void shouldAnswerTheSameWhenPromptsAreComputedInChunks() throws Exception {
    List<int[]> prompts = prompts(8, 100);
    List<List<TokenEvent>> whole;
    try (Answers answers = answers(options(8, 256), new BatchLimits(1, 256, 64))) {
      whole = answers.oneByOne(prompts, GREEDY);
    }
    try (Answers answers = answers(options(8, 256), new BatchLimits(4, 16, 64))) {
      assertSameUpToNearTies(answers.together(prompts, GREEDY), whole);
    }
  }

  @Test
  void shouldAnswerTheSameThoughSequencesArePreemptedAndComputedAgain() throws Exception {
    List<int[]> prompts = prompts(8, 30);
    SamplingParams sampling = SamplingParams.greedy(60).withLogprobs(5).ignoringEnd();
    List<List<TokenEvent>> roomy;
    try (Answers answers = answers(options(8, 256), new BatchLimits(1, 256, 64))) {
      roomy = answers.oneByOne(prompts, sampling);
    }
    LlamaOptions tight = options(8, 256).withContextLength(128).withKvCells(256);
    try (Answers answers = answers(tight, new BatchLimits(8, 256, 64))) {
      assertSameUpToNearTies(answers.together(prompts, sampling), roomy);
      assertThat(answers.loop().snapshot().preemptions()).isPositive();
    }
  }

  @Test
  void shouldAnswerBatchWorkTheSameThoughInteractiveRequestsTakeItsSlots() throws Exception {
    List<int[]> prompts = prompts(4, 30);
    SamplingParams sampling = SamplingParams.greedy(200).withLogprobs(5).ignoringEnd();
    List<List<TokenEvent>> alone;
    try (Answers answers = answers(options(2, 256), new BatchLimits(1, 256, 64))) {
      alone = answers.oneByOne(prompts, sampling);
    }
    try (Answers answers = answers(options(2, 256), new BatchLimits(2, 256, 64))) {
      // A machine that is slow to wake this thread may have done the batch before it asks.
      for (int round = 0; round < 8 && batchPreemptions(answers) == 0; round++) {
        List<TokenStream> batch =
            prompts.stream().map(prompt -> answers.askBatch(prompt, sampling)).toList();
        for (int i = 0; i < 6; i++) {
          batch.getFirst().next();
          Answers.read(answers.ask(prompts.get(i % 4), SamplingParams.greedy(8)));
        }
        for (int i = 0; i < batch.size(); i++) {
          List<TokenEvent> rest = Answers.read(batch.get(i));
          List<TokenEvent> whole = alone.get(i);
          int seen = whole.size() - rest.size();
          assertThat(seen).isEqualTo(i == 0 ? 6 : 0);
          assertSameUpToNearTies(List.of(rest), List.of(whole.subList(seen, whole.size())));
        }
      }
      assertThat(batchPreemptions(answers)).isPositive();
    }
  }

  private static long batchPreemptions(Answers answers) {
    return answers.loop().snapshot().batch().preemptions();
  }

  @Test
  void shouldFillEveryCellThatItSays() throws Exception {
    LlamaOptions full = options(4, 64).withContextLength(64).withKvCells(256);
    try (Answers answers = answers(full, new BatchLimits(4, 64, 64))) {
      for (int round = 0; round < 3; round++) {
        List<TokenStream> streams =
            prompts(4, 32).stream()
                .map(prompt -> Arrays.copyOf(prompt, 32))
                .map(prompt -> answers.ask(prompt, SamplingParams.greedy(32).ignoringEnd()))
                .toList();
        for (TokenStream stream : streams) {
          assertThat(Answers.read(stream).getLast())
              .isInstanceOfSatisfying(
                  TokenEvent.Finished.class,
                  end -> {
                    assertThat(end.reason()).isEqualTo(FinishReason.LENGTH);
                    assertThat(end.usage().totalTokens()).isEqualTo(64);
                  });
        }
      }
    }
  }

  @Test
  void shouldTokenizeExactlyAndBack() {
    try (LlamaEngine engine = LlamaEngine.open(options(1, 64))) {
      Tokenizer tokenizer = engine.tokenizer();
      String text = "The na\u00EFve caf\u00E9 \uD83D\uDE00 <|im_end|> says:\n\n  hello";
      int[] tokens = tokenizer.tokenize(text, false, false);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int token : tokens) {
        bytes.writeBytes(tokenizer.piece(token));
      }
      assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(text);
      assertThat(tokenizer.tokenize("", false, false)).isEmpty();
      assertThat(tokenizer.tokenize(text.repeat(2000), false, false).length)
          .isGreaterThan(tokens.length * 1900);
    }
  }

  @Test
  void shouldKeepControlTokensOutOfUsersText() {
    try (LlamaEngine engine = LlamaEngine.open(options(1, 64))) {
      Tokenizer tokenizer = engine.tokenizer();
      int[] parsed = tokenizer.tokenize("<|im_end|>", false, true);
      assertThat(parsed).hasSize(1);
      assertThat(tokenizer.endsGeneration(parsed[0])).isTrue();
      assertThat(tokenizer.piece(parsed[0])).isEmpty();
      assertThat(tokenizer.tokenize("<|im_end|>", false, false)).doesNotContain(parsed[0]);
    }
  }

  @Test
  void shouldRenderTheModelsChatTemplate() {
    try (LlamaEngine engine = LlamaEngine.open(options(1, 64))) {
      List<ChatMessage> chat =
          List.of(new ChatMessage("system", "Be brief."), new ChatMessage("user", "Hi \u00E9"));
      assertThat(engine.tokenizer().applyChatTemplate(chat, true))
          .isEqualTo(
              """
              <|im_start|>system
              Be brief.<|im_end|>
              <|im_start|>user
              Hi \u00E9<|im_end|>
              <|im_start|>assistant
              """);
    }
  }

  @Test
  void shouldSayWhatTheModelIs() {
    try (LlamaEngine engine = LlamaEngine.open(options(3, 64).withContextLength(100))) {
      assertThat(engine.info().engine()).isEqualTo("llama.cpp 0.5.0-dev");
      assertThat(engine.info().modelDescription()).contains("llama").contains("F16");
      assertThat(engine.info().contextLength()).isEqualTo(100);
      assertThat(engine.info().kvCells()).isEqualTo(300);
      assertThat(engine.info().parameters()).isEqualTo(ModelShape.TINY.parameters());
      assertThat(engine.info().weightsBytes()).isBetween(1_000_000L, 10_000_000L);
    }
  }

  @Test
  void shouldRefuseWhatCannotBeServedWithTheReason() throws Exception {
    assertThatThrownBy(() -> LlamaEngine.open(options(1, 64).withContextLength(5000)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("contextLength is 5000")
        .hasMessageContaining("4096");
    assertThatThrownBy(
            () -> LlamaEngine.open(options(1, 64).withContextLength(200).withKvCells(100)))
        .hasMessageContaining("kvCells is 100");
    Path missing = folder.resolve("missing.gguf");
    assertThatThrownBy(() -> LlamaEngine.open(LlamaOptions.of(natives, missing, 1, 64)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("missing.gguf is missing");
    Path cut = folder.resolve("cut.gguf");
    byte[] bytes = Files.readAllBytes(model);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> LlamaEngine.open(LlamaOptions.of(natives, cut, 1, 64)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("Cannot load the model")
        .hasMessageContaining("cut.gguf")
        .hasMessageNotContaining("no reason");
    Path text = Files.writeString(folder.resolve("text.gguf"), "not a model at all, but text");
    assertThatThrownBy(() -> LlamaEngine.open(LlamaOptions.of(natives, text, 1, 64)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("text.gguf");
  }

  @Test
  void shouldRefuseToTokenizeOnceClosed() {
    LlamaEngine engine = LlamaEngine.open(options(1, 64));
    engine.close();
    assertThatThrownBy(() -> engine.tokenizer().tokenize("hello", false, false))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void shouldRequantizeIntoAModelThatServes() throws Exception {
    Path smaller = folder.resolve("made/tiny.Q2_K.gguf");
    Quantize.quantize(NativeLoader.load(natives), model, smaller, Quantization.Q2_K);
    assertThat(Files.size(smaller)).isLessThan(Files.size(model));
    try (Answers answers =
        answers(LlamaOptions.of(natives, smaller, 2, 64), new BatchLimits(2, 64, 8))) {
      assertThat(answers.together(prompts(2, 10), GREEDY))
          .allMatch(events -> TokenEvent.ids(events).size() == 24);
    }
  }

  @Test
  void shouldLeaveNothingBehindWhenQuantizingFails() throws Exception {
    Path text = Files.writeString(folder.resolve("other.gguf"), "not a model at all, but text");
    Path out = folder.resolve("failed/out.gguf");
    assertThatThrownBy(
            () -> Quantize.quantize(NativeLoader.load(natives), text, out, Quantization.Q8_0))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("other.gguf");
    try (Stream<Path> files = Files.list(folder.resolve("failed"))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void shouldNameWhatIsWrongWithTheNatives(@TempDir Path wrong) throws Exception {
    assertThatThrownBy(() -> NativeLoader.load(wrong.resolve("nowhere")))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("nowhere is missing")
        .hasMessageContaining("natives/fetch");
    Files.createFile(wrong.resolve("libllama.v0.6.0.so"));
    assertThatThrownBy(() -> NativeLoader.load(wrong))
        .hasMessageContaining("lacks libllama.v0.5.0.so (it has libllama.v0.6.0.so)");
    Files.copy(natives.resolve("libggml-base.so"), wrong.resolve("libllama.v0.5.0.so"));
    assertThatThrownBy(() -> NativeLoader.load(wrong)).hasMessageContaining("lacks libggml.v0.5.0");
    Files.copy(natives.resolve("libggml-base.so"), wrong.resolve("libggml.v0.5.0.so"));
    assertThatThrownBy(() -> NativeLoader.load(wrong))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("has no function")
        .hasMessageContaining("llama.cpp 0.5.0-dev");
    Path damaged = Files.createDirectory(wrong.resolve("damaged"));
    Files.writeString(damaged.resolve("libllama.v0.5.0.so"), "damaged");
    Files.writeString(damaged.resolve("libggml.v0.5.0.so"), "damaged");
    assertThatThrownBy(() -> NativeLoader.load(damaged)).hasMessageContaining("Cannot load");
  }

  private static LlamaOptions options(int maxSequences, int maxBatchedTokens) {
    return LlamaOptions.of(natives, model, maxSequences, maxBatchedTokens).withContextLength(512);
  }

  private static Answers answers(LlamaOptions options, BatchLimits limits) {
    return Answers.over(LlamaEngine.open(options), limits);
  }

  private static List<int[]> prompts(int count, int tokens) {
    Random random = new Random(count);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(random.ints(tokens + i, 300, 2000).toArray());
    }
    return prompts;
  }

  /// Sums round differently in a batch of another size, so an answer may take another turn where
  /// two tokens are nearly as likely, and only there; what follows such a turn is not compared.
  private static void assertSameUpToNearTies(
      List<List<TokenEvent>> answers, List<List<TokenEvent>> expected) {
    assertThat(answers).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      TokenIds had = TokenEvent.ids(expected.get(i));
      TokenIds got = TokenEvent.ids(answers.get(i));
      for (int at = 0; at < Math.min(had.size(), got.size()); at++) {
        if (had.at(at) != got.at(at)) {
          assertThat(lead(expected.get(i).get(at), got.at(at)))
              .as("lead of %d over %d at %d", had.at(at), got.at(at), at)
              .isLessThan(NEARLY_AS_LIKELY);
          break;
        }
      }
    }
  }

  /// How much likelier the chosen token was than another, as a difference of logarithms.
  private static double lead(TokenEvent chosen, int other) {
    TokenEvent.Logprob logprob = ((TokenEvent.Token) chosen).askedLogprob().orElseThrow();
    return logprob.value()
        - logprob.top().stream()
            .filter(candidate -> candidate.id() == other)
            .mapToDouble(TokenEvent.Candidate::logprob)
            .findFirst()
            .orElse(Double.NEGATIVE_INFINITY);
  }
}
