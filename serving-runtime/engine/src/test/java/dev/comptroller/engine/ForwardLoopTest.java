package dev.comptroller.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.engine.BatchingEngine.End;
import dev.comptroller.engine.BatchingEngine.Piece;
import dev.comptroller.metering.GpuState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ForwardLoopTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final BatchLimits TWO = new BatchLimits(2, 64, 4);

  private final AtomicLong clock = new AtomicLong(1_000);
  private final GpuMeter meter = GpuMeter.starting(clock::get);
  private final HandEngine engine = new HandEngine();
  private final ForwardLoop loop =
      ForwardLoop.start(engine, TWO, LoopObserver.NONE, clock::get, meter);

  @AfterEach
  void close() {
    loop.close();
    assertThat(engine.closed).isTrue();
  }

  @Test
  void shouldStreamAnAnswerWithItsExactUsage() throws Exception {
    TokenStream stream = accept(RequestClass.INTERACTIVE, "hello", SamplingParams.greedy(9));
    HandRun run = engine.run(0);
    assertThat(run.prompt).isEqualTo(tokens("hello"));
    clock.addAndGet(500);
    run.say("H");
    run.say("i");
    run.end(new End.Done(FinishReason.STOP, 3));

    List<TokenEvent> events = readAll(stream);
    assertThat(text(events)).isEqualTo("Hi");
    assertThat(finished(events).reason()).isEqualTo(FinishReason.STOP);
    assertThat(finished(events).usage()).isEqualTo(new Usage(6, 3, 2, 500));
  }

  @Test
  void shouldEndAtAStopTextThoughTheEngineGoesOn() throws Exception {
    SamplingParams sampling = SamplingParams.greedy(50).withStops(List.of("!!"));
    TokenStream stream = accept(RequestClass.INTERACTIVE, "hello", sampling);
    HandRun run = engine.run(0);
    run.say("a");
    run.say("!");
    run.say("!");
    run.say("b");
    await().atMost(PATIENCE).until(() -> run.stopped);
    run.end(new End.Stopped());

    List<TokenEvent> events = readAll(stream);
    assertThat(text(events)).isEqualTo("a");
    assertThat(finished(events).reason()).isEqualTo(FinishReason.STOP);
    assertThat(finished(events).usage().completionTokens()).isEqualTo(3);
  }

  @Test
  void shouldTakeABatchRequestsPlaceForAnInteractiveOneAndGoOnWithItLater() throws Exception {
    TokenStream first = accept(RequestClass.BATCH, "one", SamplingParams.greedy(10));
    TokenStream second = accept(RequestClass.BATCH, "two", SamplingParams.greedy(10));
    engine.run(0).say("a");
    engine.run(1).say("xy");
    await().atMost(PATIENCE).until(() -> loop.snapshot().batch().running() == 2);
    assertThat(first.next().text()).isEqualTo("a");
    assertThat(second.next().text() + second.next().text()).isEqualTo("xy");

    TokenStream urgent = accept(RequestClass.INTERACTIVE, "now", SamplingParams.greedy(1));
    HandRun now = engine.run(2);
    assertThat(engine.run(1).stopped).as("the youngest gave its place").isTrue();
    assertThat(loop.snapshot().batch().preemptions()).isEqualTo(1);
    engine.run(1).say("late");
    now.say("!");
    now.end(new End.Done(FinishReason.LENGTH, 0));
    assertThat(text(readAll(urgent))).isEqualTo("!");

    HandRun again = engine.run(3);
    assertThat(again.prompt).isEqualTo(tokens("twoxy"));
    assertThat(again.sampling.maxTokens()).isEqualTo(8);
    again.say("z");
    again.end(new End.Done(FinishReason.STOP, 5));
    List<TokenEvent> rest = readAll(second);
    assertThat(text(rest)).as("nothing of what came too late").isEqualTo("z");
    assertThat(finished(rest).usage().completionTokens()).isEqualTo(3);
    assertThat(finished(rest).usage().promptTokens()).isEqualTo(4);
    assertThat(finished(rest).usage().cachedTokens()).as("what it computed itself").isZero();
    engine.run(0).end(new End.Done(FinishReason.STOP, 0));
    assertThat(text(readAll(first))).isEmpty();
  }

  @Test
  void shouldLeaveRequestsWithASeedOrPenaltiesInTheirPlaces() throws Exception {
    SamplingParams seeded = SamplingParams.greedy(10).withRandomness(0.5, 1, 0, 42);
    SamplingParams penalised = SamplingParams.greedy(10).withPenalties(1, 0, Map.of());
    TokenStream one = accept(RequestClass.BATCH, "one", seeded);
    TokenStream two = accept(RequestClass.BATCH, "two", penalised);
    engine.run(1);
    try (TokenStream urgent = accept(RequestClass.INTERACTIVE, "now", SamplingParams.greedy(1))) {
      await().atMost(PATIENCE).until(() -> loop.snapshot().interactive().waiting() == 1);
      engine.run(0).say("a");
      assertThat(one.next().text()).isEqualTo("a");
      assertThat(engine.runs).hasSize(2).noneMatch(run -> run.stopped);

      engine.run(1).end(new End.Done(FinishReason.STOP, 0));
      assertThat(finished(readAll(two)).reason()).isEqualTo(FinishReason.STOP);
      engine.run(2).say("!");
      assertThat(urgent.next().text()).isEqualTo("!");
    }
  }

  @Test
  void shouldSplitEveryNanosecondOfStepsOverRequests() throws Exception {
    clock.set(5_000);
    TokenStream one = accept(RequestClass.INTERACTIVE, "one", SamplingParams.greedy(3));
    TokenStream two = accept(RequestClass.BATCH, "a longer prompt", SamplingParams.greedy(3));
    HandRun first = engine.run(0);
    HandRun second = engine.run(1);
    clock.set(6_000);
    first.say("a");
    second.say("b");
    assertThat(one.next().text()).isEqualTo("a");
    assertThat(two.next().text()).isEqualTo("b");
    clock.set(6_700);
    first.say("c");
    assertThat(one.next().text()).isEqualTo("c");
    first.end(new End.Done(FinishReason.STOP, 0));
    long used = finished(readAll(one)).usage().gpuNanos();
    clock.set(7_000);
    second.say("d");
    assertThat(two.next().text()).isEqualTo("d");
    two.cancel();
    used += finished(readAll(two)).usage().gpuNanos();
    assertThat(second.stopped).isTrue();
    await().atMost(PATIENCE).until(() -> loop.snapshot().running() == 0);
    clock.set(9_000);

    GpuMeter.Reading reading = meter.read();
    assertThat(reading.states().get(GpuState.Step)).isEqualTo(2_000);
    assertThat(reading.states().get(GpuState.Idle)).isEqualTo(4_000 + 2_000);
    assertThat(used).isEqualTo(reading.attributed()).isEqualTo(2_000);
  }

  @Test
  void shouldMeterLessOfPromptsWhereTheEngineHasMostOfThemInItsCache() throws Exception {
    TokenStream before = accept(RequestClass.INTERACTIVE, "abcdefghi", SamplingParams.greedy(3));
    engine.run(0).say("a");
    engine.run(0).end(new End.Done(FinishReason.STOP, 8));
    assertThat(finished(readAll(before)).usage().cachedTokens()).isEqualTo(8);

    TokenStream one = accept(RequestClass.INTERACTIVE, "abcdefghi", SamplingParams.greedy(3));
    TokenStream two = accept(RequestClass.INTERACTIVE, "a", SamplingParams.greedy(3));
    HandRun first = engine.run(1);
    HandRun second = engine.run(2);
    clock.addAndGet(900);
    first.say("a");
    second.say("a");
    first.end(new End.Done(FinishReason.STOP, 8));
    second.end(new End.Done(FinishReason.STOP, 0));
    assertThat(finished(readAll(one)).usage().gpuNanos())
        .as("two tokens of ten, beside one of two")
        .isEqualTo(600);
    assertThat(finished(readAll(two)).usage().gpuNanos()).isEqualTo(300);
  }

  @Test
  void shouldGiveUpARequestWhoseReaderIsGoneAndUseItsPlace() throws Exception {
    TokenStream gone = accept(RequestClass.INTERACTIVE, "one", SamplingParams.greedy(9));
    HandRun run = engine.run(0);
    gone.cancel();
    assertThat(finished(readAll(gone)).reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(run.stopped).isTrue();
    run.end(new End.Stopped());
    assertThat(loop.snapshot().running()).isZero();
  }

  @Test
  void shouldEndOnlyTheRequestThatTheEngineCannotGoOnWith() throws Exception {
    TokenStream bad = accept(RequestClass.INTERACTIVE, "one", SamplingParams.greedy(9));
    TokenStream good = accept(RequestClass.INTERACTIVE, "two", SamplingParams.greedy(9));
    engine.run(0).end(new End.Failed("vLLM answered 400: too hot"));
    assertThat(finished(readAll(bad)).reason()).isEqualTo(FinishReason.ERROR);
    engine.run(1).say("x");
    engine.run(1).end(new End.Done(FinishReason.STOP, 0));
    assertThat(text(readAll(good))).isEqualTo("x");
  }

  @Test
  void shouldEndEveryRequestAndTakeNoneWhenTheEngineFails() throws Exception {
    TokenStream stream = accept(RequestClass.INTERACTIVE, "one", SamplingParams.greedy(9));
    engine.run(0).say("a");
    engine.watcher().failed("it is gone");

    List<TokenEvent> events = readAll(stream);
    assertThat(finished(events).reason()).isEqualTo(FinishReason.ERROR);
    assertThat(finished(events).message()).isEqualTo("it is gone");
    assertThat(loop.submit(request(RequestClass.INTERACTIVE, "two", SamplingParams.greedy(1))))
        .isEqualTo(new Submission.Rejected(new Rejection.EngineFailed("it is gone")));
  }

  @Test
  void shouldFinishWhatItHasWhenItDrains() throws Exception {
    TokenStream stream = accept(RequestClass.INTERACTIVE, "one", SamplingParams.greedy(9));
    HandRun run = engine.run(0);
    loop.drain();
    assertThat(loop.awaitDrained(Duration.ofMillis(50))).isFalse();
    assertThat(loop.submit(request(RequestClass.BATCH, "two", SamplingParams.greedy(1))))
        .isEqualTo(new Submission.Rejected(new Rejection.Draining()));
    run.say("a");
    run.end(new End.Done(FinishReason.STOP, 0));
    assertThat(text(readAll(stream))).isEqualTo("a");
    assertThat(loop.awaitDrained(PATIENCE)).isTrue();
  }

  @Test
  void shouldNotCountAsStalledWhileTheEngineComputesSteps() throws Exception {
    try (TokenStream stream =
        accept(RequestClass.INTERACTIVE, "a long prompt", SamplingParams.greedy(9))) {
      engine.run(0);
      clock.addAndGet(40_000_000_000L);
      assertThat(loop.snapshot().stalledNanos()).isEqualTo(40_000_000_000L);
      engine.watcher().seen(10, 1);
      await().atMost(PATIENCE).until(() -> loop.snapshot().stalledNanos() == 0);
      assertThat(loop.snapshot().kvUsed()).isEqualTo(10);
      assertThat(stream.next(Duration.ofMillis(1))).isEmpty();
    }
  }

  private TokenStream accept(RequestClass requestClass, String prompt, SamplingParams sampling) {
    return switch (loop.submit(request(requestClass, prompt, sampling))) {
      case Submission.Accepted(TokenStream stream) -> stream;
      case Submission.Rejected(Rejection reason) -> throw new AssertionError(reason.message());
    };
  }

  private static GenerationRequest request(
      RequestClass requestClass, String prompt, SamplingParams sampling) {
    return new GenerationRequest(tokens(prompt), sampling, requestClass, "");
  }

  private static TokenIds tokens(String text) {
    return TokenIds.of(new ByteTokenizer().tokenize(text, true, false));
  }

  private static List<TokenEvent> readAll(TokenStream stream) throws InterruptedException {
    List<TokenEvent> events = new ArrayList<>();
    do {
      events.add(stream.next(PATIENCE).orElseThrow());
    } while (!(events.getLast() instanceof TokenEvent.Finished));
    return events;
  }

  private static TokenEvent.Finished finished(List<TokenEvent> events) {
    return (TokenEvent.Finished) events.getLast();
  }

  private static String text(List<TokenEvent> events) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.text()));
    return text.toString();
  }

  /// An engine whose tokens a test gives by hand.
  private static final class HandEngine implements BatchingEngine {
    final List<HandRun> runs = new CopyOnWriteArrayList<>();
    private volatile @Nullable Watcher watching;
    volatile boolean closed;

    HandRun run(int index) {
      await().atMost(PATIENCE).until(() -> runs.size() > index);
      return runs.get(index);
    }

    Watcher watcher() {
      Watcher there = watching;
      assertThat(there).isNotNull();
      return there == null ? new NoWatcher() : there;
    }

    @Override
    public EngineInfo info() {
      return new EngineInfo("hand", "model", "by hand", 512, 258, 0, 0, 2, 64, 4_096);
    }

    @Override
    public Tokenizer tokenizer() {
      return new ByteTokenizer();
    }

    @Override
    public void watch(Watcher watcher) {
      watching = watcher;
    }

    @Override
    public Run run(
        TokenIds prompt, SamplingParams sampling, RequestClass requestClass, Listener listener) {
      HandRun run = new HandRun(prompt, sampling, listener);
      runs.add(run);
      return run;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static final class NoWatcher implements BatchingEngine.Watcher {
    @Override
    public void seen(int kvUsed, long steps) {}

    @Override
    public void failed(String cause) {}
  }

  private static final class HandRun implements BatchingEngine.Run {
    final TokenIds prompt;
    final SamplingParams sampling;
    private final BatchingEngine.Listener listener;
    volatile boolean stopped;

    HandRun(TokenIds prompt, SamplingParams sampling, BatchingEngine.Listener listener) {
      this.prompt = prompt;
      this.sampling = sampling;
      this.listener = listener;
    }

    /// One token for each byte, all of one step.
    void say(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      Integer[] ids = new Integer[bytes.length];
      Arrays.setAll(ids, i -> Byte.toUnsignedInt(bytes[i]));
      listener.tokens(Arrays.stream(ids).map(id -> new Piece(id, null)).toList());
    }

    void end(End end) {
      listener.ended(end);
    }

    @Override
    public void stop() {
      stopped = true;
    }
  }
}
