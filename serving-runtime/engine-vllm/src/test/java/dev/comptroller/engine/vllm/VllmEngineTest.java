package dev.comptroller.engine.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.engine.BatchingEngine;
import dev.comptroller.engine.BatchingEngine.End;
import dev.comptroller.engine.BatchingEngine.Piece;
import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.ChatTemplateException;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.TokenEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VllmEngineTest {
  private static final String FIRST =
      "data: {\"choices\":[{\"index\":0,\"text\":\"a\",\"logprobs\":{\"text_offset\":[0],"
          + "\"token_logprobs\":[-2.5],\"tokens\":[\"token_id:57\"],"
          + "\"top_logprobs\":[{\"token_id:57\":-2.5,\"token_id:58\":-0.5}]},"
          + "\"finish_reason\":null,\"prompt_token_ids\":[1],\"token_ids\":[57]}]}";
  private static final String LAST =
      "data: {\"choices\":[{\"index\":0,\"text\":\"\",\"logprobs\":null,"
          + "\"finish_reason\":\"stop\",\"stop_reason\":null,\"token_ids\":[58,2]}]}";
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":8}}}";
  private static final String DONE = "data: [DONE]";

  private final Path folder;
  private final StandIn vllm = new StandIn();

  VllmEngineTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
  }

  @BeforeEach
  void begin() {
    vllm.lines = List.of(FIRST, LAST, USAGE, DONE);
  }

  @AfterEach
  void end() {
    vllm.close();
  }

  @Test
  void shouldTellWhatItIs() throws Exception {
    try (VllmEngine engine = VllmEngine.open(vllm.options(folder))) {
      assertThat(engine.info().engine()).isEqualTo("vLLM 0.20.2");
      assertThat(engine.info().modelDescription()).isEqualTo("LlamaForCausalLM bfloat16");
      assertThat(engine.info().contextLength()).isEqualTo(1024);
      assertThat(engine.info().vocabularySize()).isEqualTo(300);
      assertThat(engine.info().kvCells()).isEqualTo(1280);
      assertThat(engine.tokenizer().endsGeneration(2)).isTrue();
    }
  }

  @Test
  void shouldTellTokensAndTheEndOnce() throws Exception {
    Heard heard = run(SamplingParams.greedy(6).withLogprobs(2));
    assertThat(heard.ended()).isEqualTo(new End.Done(FinishReason.STOP, 8));
    var logprob =
        new TokenEvent.Logprob(
            -2.5, List.of(new TokenEvent.Candidate(58, -0.5), new TokenEvent.Candidate(57, -2.5)));
    assertThat(heard.steps)
        .containsExactly(
            List.of(new Piece(57, logprob)), List.of(new Piece(58, null), new Piece(2, null)));
    assertThat(heard.ends).isEmpty();
  }

  @Test
  void shouldAskForWhatTheRequestSaysWhateverTheModelRecommends() throws Exception {
    SamplingParams plain = SamplingParams.greedy(6).withStops(List.of("\n"));
    run(plain).ended();
    JsonNode asked = vllm.asked.getLast();
    assertThat(asked.path("model").asText()).isEqualTo("ns/chat");
    assertThat(asked.path("prompt").toString()).isEqualTo("[1,57]");
    assertThat(asked.path("stop").toString()).isEqualTo("[\"\\n\"]");
    assertThat(asked.path("repetition_penalty").asDouble()).isEqualTo(1);
    assertThat(asked.path("top_k").asInt(-9)).isZero();
    assertThat(asked.path("priority").asInt(-9)).isZero();
    assertThat(asked.has("seed")).as("a seed that nobody asked for slows vLLM down").isFalse();
    assertThat(asked.path("return_token_ids").asBoolean()).isTrue();

    run(
            plain.withRandomness(0.5, 0.9, 5, 42).withPenalties(1, 0.5, Map.of(57, -3.0)),
            RequestClass.BATCH)
        .ended();
    asked = vllm.asked.getLast();
    assertThat(asked.path("seed").asLong()).isEqualTo(42);
    assertThat(asked.path("logit_bias").path("57").asDouble()).isEqualTo(-3);
    assertThat(asked.path("presence_penalty").asDouble()).isEqualTo(1);
    assertThat(asked.path("priority").asInt()).isEqualTo(1);
  }

  @Test
  void shouldSayWhyARequestCouldNotGoOn() throws Exception {
    vllm.status = 400;
    assertThat(run(SamplingParams.greedy(6)).ended())
        .isEqualTo(new End.Failed("vLLM answered 400: max_tokens=6000 is too many"));
    vllm.status = 200;
    vllm.lines = List.of(FIRST);
    assertThat(run(SamplingParams.greedy(6)).ended())
        .isEqualTo(new End.Failed("vLLM's answer broke off after 1 tokens"));
    vllm.lines = List.of("data: {\"error\":{\"message\":\"EngineCore died\",\"code\":500}}");
    assertThat(run(SamplingParams.greedy(6)).ended())
        .isEqualTo(new End.Failed("vLLM failed: EngineCore died"));
    vllm.lines = List.of("data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":null}]}");
    assertThat(run(SamplingParams.greedy(6)).ended())
        .isEqualTo(new End.Failed("vLLM does not tell token ids; use version 0.10.2 or later"));
  }

  @Test
  void shouldBreakTheConnectionOffWhenARequestIsGivenUp() throws Exception {
    vllm.lines = Collections.nCopies(2_000, FIRST);
    vllm.millis = 5;
    try (VllmEngine engine = VllmEngine.open(vllm.options(folder))) {
      Heard heard = new Heard();
      BatchingEngine.Run run =
          engine.run(TokenIds.of(1), SamplingParams.greedy(9), RequestClass.INTERACTIVE, heard);
      await().until(() -> heard.steps.size() > 2);
      run.stop();
      assertThat(heard.ended()).isEqualTo(new End.Stopped());
      await().until(() -> vllm.left);
    }
  }

  @Test
  void shouldTellThatItFailedWhenItsHealthIsGone() throws Exception {
    VllmOptions often = vllm.options(folder);
    often =
        new VllmOptions(
            often.upstream(), folder, 8, 512, Duration.ofSeconds(5), Duration.ofMillis(20));
    try (VllmEngine engine = VllmEngine.open(often)) {
      CompletableFuture<String> failed = new CompletableFuture<>();
      List<Integer> seen = new CopyOnWriteArrayList<>();
      engine.watch(
          new BatchingEngine.Watcher() {
            @Override
            public void seen(int kvUsed, long steps) {
              seen.add(kvUsed);
            }

            @Override
            public void failed(String cause) {
              failed.complete(cause);
            }
          });
      await().until(() -> seen.contains(640));
      vllm.health = 503;
      assertThat(failed.get(10, TimeUnit.SECONDS)).isEqualTo("vLLM's /health answers 503");
    }
  }

  @Test
  void shouldRefuseMessagesThatSpellOutControlTokens() throws Exception {
    try (VllmEngine engine = VllmEngine.open(vllm.options(folder))) {
      List<ChatMessage> chat = List.of(new ChatMessage("user", "hi"));
      assertThat(engine.tokenizer().chat(chat)).containsExactly(1, 57, 58);
      assertThat(vllm.asked.getLast().path("messages").path(0).path("content").asText())
          .isEqualTo("hi");
      assertThatThrownBy(
              () -> engine.tokenizer().chat(List.of(new ChatMessage("user", "hi<|im_end|>"))))
          .isInstanceOf(ChatTemplateException.class)
          .hasMessage(
              "messages[0] spells out <|im_end|>, a control token of this model; remove it");
      vllm.status = 400;
      assertThatThrownBy(() -> engine.tokenizer().chat(chat))
          .isInstanceOf(ChatTemplateException.class)
          .hasMessageContaining("roles must alternate");
    }
  }

  @Test
  void shouldNameWhatIsMissing() throws Exception {
    VllmOptions options = vllm.options(folder);
    Files.delete(folder.resolve("config.json"));
    assertThatThrownBy(() -> VllmEngine.open(options))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("has no config.json");
    vllm.options(folder);
    vllm.health = 503;
    VllmOptions hasty =
        new VllmOptions(
            options.upstream(), folder, 8, 512, Duration.ofMillis(300), Duration.ofSeconds(1));
    assertThatThrownBy(() -> VllmEngine.open(hasty))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("was not healthy within 0 s (/health answers 503)");
  }

  private Heard run(SamplingParams sampling) throws Exception {
    return run(sampling, RequestClass.INTERACTIVE);
  }

  private Heard run(SamplingParams sampling, RequestClass requestClass) throws Exception {
    Heard heard = new Heard();
    try (VllmEngine engine = VllmEngine.open(vllm.options(folder))) {
      engine.run(TokenIds.of(1, 57), sampling, requestClass, heard);
      await().until(() -> !heard.ends.isEmpty());
    }
    return heard;
  }

  private static final class Heard implements BatchingEngine.Listener {
    final List<List<Piece>> steps = new CopyOnWriteArrayList<>();
    final BlockingQueue<End> ends = new LinkedBlockingQueue<>();

    @Override
    public void tokens(List<Piece> tokens) {
      steps.add(List.copyOf(tokens));
    }

    @Override
    public void ended(End end) {
      ends.add(end);
    }

    End ended() throws InterruptedException {
      End end = ends.poll(10, TimeUnit.SECONDS);
      assertThat(end).isNotNull();
      return end == null ? new End.Stopped() : end;
    }
  }
}
