package dev.comptroller.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.StepPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineLoopTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final SimulatedOptions OPTIONS =
      new SimulatedOptions(256, 4, 16, 512, 12, 1000, 100, 1);

  private final VirtualClock clock = new VirtualClock();
  private final Recorder recorder = new Recorder();
  private final List<EngineLoop> loops = new ArrayList<>();
  private final List<Gate> gates = new ArrayList<>();

  @AfterEach
  void closeLoops() {
    gates.forEach(gate -> gate.open(1_000_000));
    loops.forEach(EngineLoop::close);
  }

  @Test
  void shouldStreamAnAnswerWithItsExactUsage() throws Exception {
    EngineLoop loop = start(simulated(clock), new BatchLimits(4, 16, 8));
    List<TokenEvent> events = readAll(accepted(loop.submit(request("hello", 50))));
    assertThat(text(events)).isEqualTo("This text i");
    await().atMost(PATIENCE).until(() -> recorder.steps.size() == 12);
    assertThat(stepNanos()).isEqualTo(12 * 1000 + (6 + 11) * 100 + 15 + (6 + 16) * 11 / 2);
    assertThat(events.getLast())
        .isEqualTo(
            new TokenEvent.Finished(FinishReason.STOP, "", new Usage(6, 0, 12, stepNanos()), ""));
    assertThat(TokenEvent.ids(events).size()).isEqualTo(12);
    assertThat(TokenEvent.ids(events).at(11)).isEqualTo(ByteTokenizer.END);
  }

  @Test
  void shouldEndAtTheMaximumOrAtAStopText() throws Exception {
    EngineLoop loop = start(simulated(clock), new BatchLimits(4, 16, 8));
    List<TokenEvent> atMaximum = readAll(accepted(loop.submit(request("hello", 4))));
    assertThat(text(atMaximum)).isEqualTo("This");
    assertThat(end(atMaximum).reason()).isEqualTo(FinishReason.LENGTH);
    SamplingParams stop = SamplingParams.greedy(50).withStops(List.of("te"));
    List<TokenEvent> atStop =
        readAll(accepted(loop.submit(GenerationRequest.interactive(prompt("hello"), stop))));
    assertThat(text(atStop)).isEqualTo("This ");
    assertThat(end(atStop).reason()).isEqualTo(FinishReason.STOP);
    assertThat(end(atStop).usage().completionTokens()).isEqualTo(7);
  }

  @Test
  void shouldKeepStepsWithinTheLimitsAndFillThem() throws Exception {
    EngineLoop loop = start(simulated(clock), new BatchLimits(3, 9, 50));
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<TokenEvent>>> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        TokenStream stream = accepted(loop.submit(request("a prompt of some length", 30)));
        answers.add(readers.submit(() -> readAll(stream)));
      }
      for (Future<List<TokenEvent>> answer : answers) {
        assertThat(text(answer.get())).isEqualTo("This text i");
      }
    }
    assertThat(recorder.steps).allMatch(s -> s.sequences() <= 3 && s.tokens() <= 9);
    assertThat(recorder.steps).anyMatch(s -> s.sequences() == 3 && s.tokens() == 9);
    assertThat(recorder.started).hasSize(40);
    assertThat(recorder.finished).hasSize(40);
  }

  @Test
  void shouldRefuseWithTheReason() {
    EngineLoop loop = start(simulated(gate()), new BatchLimits(1, 16, 1));
    accepted(loop.submit(request("a", 5)));
    accepted(loop.submit(request("b", 5)));
    assertThat(loop.submit(request("c", 5)))
        .isEqualTo(new Submission.Rejected(new Rejection.QueueFull(1, 1)));
    assertThat(loop.submit(request("a", 255)))
        .isEqualTo(new Submission.Rejected(new Rejection.PromptTooLong(2, 255, 256)));
    assertThat(loop.submit(GenerationRequest.interactive(new int[0], SamplingParams.greedy(1))))
        .isEqualTo(new Submission.Rejected(new Rejection.PromptEmpty()));
    assertThat(
            loop.submit(GenerationRequest.interactive(new int[] {258}, SamplingParams.greedy(1))))
        .isEqualTo(new Submission.Rejected(new Rejection.TokenUnknown(258, 258)));
    assertThat(recorder.rejected)
        .extracting(Rejection::code)
        .containsExactly("queue_full", "prompt_too_long", "prompt_empty", "token_unknown");
    assertThat(recorder.rejected).allMatch(reason -> reason.message().length() > 20);
  }

  @Test
  void shouldEndACancelledRequestAndGoOnWithTheOthers() throws Exception {
    Gate gate = gate();
    EngineLoop loop = start(simulated(gate), new BatchLimits(2, 16, 8));
    TokenStream first = accepted(loop.submit(endless("a", 200)));
    TokenStream second = accepted(loop.submit(request("b", 20)));
    TokenStream third = accepted(loop.submit(request("c", 20)));
    gate.open(3);
    first.next();
    third.cancel();
    first.cancel();
    first.cancel();
    gate.open(1000);
    assertThat(end(readAll(first)).reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(end(readAll(third)).reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(end(readAll(third)).usage().completionTokens()).isZero();
    assertThat(end(readAll(second)).reason()).isEqualTo(FinishReason.STOP);
    await().atMost(PATIENCE).until(() -> loop.snapshot().kvUsed() == 0);
  }

  @Test
  void shouldEndEveryRequestExactlyOnceUnderRacingCancels() throws Exception {
    EngineLoop loop = start(simulated(clock), new BatchLimits(4, 16, 1000));
    List<TokenStream> streams = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      streams.add(accepted(loop.submit(request("p" + i, 1 + i % 20))));
    }
    List<Future<?>> tasks = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < 4; thread++) {
        Random random = new Random(thread);
        tasks.add(threads.submit(() -> cancelSome(streams, random)));
      }
      for (TokenStream stream : streams) {
        tasks.add(threads.submit(() -> readAll(stream)));
      }
      for (Future<?> task : tasks) {
        task.get();
      }
    }
    for (TokenStream stream : streams) {
      assertThat(stream.next()).isInstanceOf(TokenEvent.Finished.class);
    }
    assertThat(recorder.finished).hasSize(600);
    await().atMost(PATIENCE).until(() -> loop.snapshot().kvUsed() == 0);
    assertThat(loop.snapshot().running()).isZero();
    assertThat(loop.snapshot().waiting()).isZero();
  }

  @Test
  void shouldFailEverybodyWhenTheEngineFailsAndSaySo() throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    Engine engine =
        new Wrapped(simulated(clock)) {
          @Override
          public void step(StepPlan plan, LogitsRows rows) {
            if (broken.get()) {
              throw new EngineException("out of memory");
            }
            super.step(plan, rows);
          }
        };
    EngineLoop loop = start(engine, new BatchLimits(2, 16, 8));
    readAll(accepted(loop.submit(request("a", 3))));
    broken.set(true);
    List<TokenStream> streams =
        List.of(
            accepted(loop.submit(request("a", 3))),
            accepted(submitAnyway(loop, "b")),
            accepted(submitAnyway(loop, "c")));
    for (TokenStream stream : streams) {
      TokenEvent.Finished end = end(readAll(stream));
      assertThat(end.reason()).isEqualTo(FinishReason.ERROR);
      assertThat(end.message()).isEqualTo("out of memory");
    }
    assertThat(loop.snapshot().state()).isEqualTo(new LoopState.Failed("out of memory"));
    assertThat(loop.submit(request("d", 3)))
        .isEqualTo(new Submission.Rejected(new Rejection.EngineFailed("out of memory")));
    loop.close();
    assertThat(loop.snapshot().state()).isEqualTo(new LoopState.Failed("out of memory"));
  }

  @Test
  void shouldFailOnlyTheRequestWhoseLogitsAreUnusable() throws Exception {
    Engine engine =
        new Wrapped(simulated(clock)) {
          @Override
          public void step(StepPlan plan, LogitsRows rows) {
            super.step(
                plan,
                (slice, logits) -> {
                  if (slice.sequence() == 2 && slice.from() > 0) {
                    logits[17] = Float.NaN;
                  }
                  rows.row(slice, logits);
                });
          }
        };
    EngineLoop loop = start(engine, new BatchLimits(4, 16, 8));
    TokenStream good = accepted(loop.submit(request("a", 30)));
    TokenStream bad = accepted(loop.submit(request("b", 30)));
    assertThat(end(readAll(good)).reason()).isEqualTo(FinishReason.STOP);
    TokenEvent.Finished end = end(readAll(bad));
    assertThat(end.reason()).isEqualTo(FinishReason.ERROR);
    assertThat(end.message()).contains("NaN");
    assertThat(loop.snapshot().state()).isEqualTo(new LoopState.Serving());
    assertThat(text(readAll(accepted(loop.submit(request("c", 30)))))).isEqualTo("This text i");
  }

  @Test
  void shouldDrainWhatItHasAndTakeNothingNew() throws Exception {
    Gate gate = gate();
    EngineLoop loop = start(simulated(gate), new BatchLimits(1, 16, 8));
    TokenStream running = accepted(loop.submit(request("a", 5)));
    TokenStream waiting = accepted(loop.submit(request("b", 5)));
    loop.drain();
    assertThat(loop.submit(request("c", 5)))
        .isEqualTo(new Submission.Rejected(new Rejection.Draining()));
    assertThat(loop.awaitDrained(Duration.ofMillis(1))).isFalse();
    gate.open(1000);
    assertThat(end(readAll(running)).reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(end(readAll(waiting)).reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(loop.awaitDrained(PATIENCE)).isTrue();
  }

  @Test
  void shouldCancelWhatRunsWhenClosedAndCloseTheEngine() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    Engine engine =
        new Wrapped(simulated(Pause.real())) {
          @Override
          public void close() {
            closed.countDown();
            super.close();
          }
        };
    EngineLoop loop = start(engine, new BatchLimits(1, 16, 8));
    TokenStream running = accepted(loop.submit(endless("a", 200)));
    TokenStream waiting = accepted(loop.submit(request("b", 200)));
    running.next();
    loop.close();
    assertThat(closed.getCount()).isZero();
    assertThat(end(readAll(running)).reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(end(readAll(waiting)).reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(loop.snapshot().state()).isEqualTo(new LoopState.Closed());
  }

  @Test
  void shouldSleepWithoutWork() throws Exception {
    EngineLoop loop = start(simulated(clock), new BatchLimits(1, 16, 8));
    readAll(accepted(loop.submit(request("a", 5))));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("engine-loop"))
                    .allMatch(thread -> thread.getState() == Thread.State.WAITING));
    assertThat(loop.snapshot().stalledNanos()).isZero();
  }

  @Test
  void shouldTellHowLongThereHasBeenNoProgress() {
    Gate gate = gate();
    EngineLoop loop = start(simulated(gate), new BatchLimits(1, 16, 8));
    clock.nanos(5_000);
    assertThat(loop.snapshot().stalledNanos()).isZero();
    accepted(loop.submit(request("a", 5)));
    clock.nanos(30_000);
    assertThat(loop.snapshot().stalledNanos()).isEqualTo(30_000);
    gate.open(1);
    await().atMost(PATIENCE).until(() -> loop.snapshot().stalledNanos() == 0);
  }

  @Test
  void shouldDropAReaderThatFallsTooFarBehindInsteadOfWaitingForIt() throws Exception {
    SimulatedOptions endless = new SimulatedOptions(8192, 1, 16, 8192, 0, 0, 0, 0);
    EngineLoop loop = start(new SimulatedEngine(endless, clock), new BatchLimits(1, 16, 8));
    TokenStream slow = accepted(loop.submit(request("a", 8000)));
    TokenStream next = accepted(loop.submit(request("b", 3)));
    assertThat(end(readAll(next)).reason()).isEqualTo(FinishReason.LENGTH);
    List<TokenEvent> events = readAll(slow);
    assertThat(events).hasSize(EngineLoop.READER_LAG + 1);
    assertThat(end(events).reason()).isEqualTo(FinishReason.ERROR);
    assertThat(end(events).message()).contains("fell behind");
  }

  @Test
  void shouldMeasureWaitingAndTokensOnTheClockItIsGiven() throws Exception {
    SimulatedOptions exact = new SimulatedOptions(256, 1, 16, 256, 3, 1000, 100, 0);
    EngineLoop loop = start(new SimulatedEngine(exact, clock), new BatchLimits(1, 16, 8));
    readAll(accepted(loop.submit(request("123456789", 9))));
    assertThat(recorder.firstTokens).containsExactly(1000L + 10 * 100);
    assertThat(recorder.furtherTokens).containsExactly(1100L, 1100L);
    assertThat(recorder.paces).containsExactly(1100L);
    assertThat(recorder.finished).containsExactly(FinishReason.STOP);
    assertThat(recorder.started).containsExactly(0L);
  }

  @Test
  void shouldServeAllThoughCellsRunShort() throws Exception {
    SimulatedOptions tight = new SimulatedOptions(40, 4, 16, 48, 30, 0, 0, 0);
    EngineLoop loop = start(new SimulatedEngine(tight, clock), new BatchLimits(4, 16, 100));
    List<TokenStream> streams = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      streams.add(accepted(loop.submit(request("abc", 36))));
    }
    for (TokenStream stream : streams) {
      List<TokenEvent> events = readAll(stream);
      assertThat(text(events)).isEqualTo("This text is simulated; no mo");
      assertThat(end(events).usage()).isEqualTo(new Usage(4, 0, 30, 0));
    }
    assertThat(loop.snapshot().preemptions()).isPositive();
  }

  @Test
  void shouldRefuseAtOnceWhoWouldWaitLongerThanAnybodyMay() throws Exception {
    Gate gate = gate();
    Pause timed =
        nanos -> {
          gate.nanos(nanos);
          clock.nanos(nanos);
        };
    long step = 10_000_000;
    SimulatedOptions one = new SimulatedOptions(64, 1, 16, 64, 30, step, 0, 0);
    long longest = 16 * step;
    EngineLoop loop =
        start(
            new SimulatedEngine(one, timed),
            new BatchLimits(1, 16, 40, longest, BatchLimits.DEFAULT_BATCH_STEP_NANOS));
    List<TokenStream> learnedFrom = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      learnedFrom.add(accepted(loop.submit(request("a", 4))));
    }
    gate.open(100_000);
    for (TokenStream stream : learnedFrom) {
      assertThat(end(readAll(stream)).usage().completionTokens()).isEqualTo(4);
    }
    await().atMost(PATIENCE).until(() -> loop.snapshot().interactive().waiting() == 0);
    gate.shut();
    List<Submission> later = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      later.add(loop.submit(request("a", 4)));
    }
    // One runs, and each of four others waits for as many answers of four steps as are before it.
    assertThat(later.subList(0, 5)).allMatch(Submission.Accepted.class::isInstance);
    assertThat(later.subList(5, 8))
        .containsOnly(new Submission.Rejected(new Rejection.QueueSlow(4, 5 * 4 * step, longest)));
    assertThat(loop.submit(GenerationRequest.batch(prompt("a"), SamplingParams.greedy(4))))
        .as("what may wait")
        .isInstanceOf(Submission.Accepted.class);
    gate.open(100_000);
  }

  @Test
  void shouldServeInteractiveRequestsAtOnceThoughBatchWorkFillsEverySlot() throws Exception {
    Gate gate = gate();
    SimulatedOptions small = new SimulatedOptions(64, 2, 16, 64, 30, 1000, 100, 1);
    EngineLoop loop = start(new SimulatedEngine(small, gate), new BatchLimits(2, 16, 2));
    List<TokenStream> batch = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      batch.add(
          accepted(loop.submit(GenerationRequest.batch(prompt("abc"), SamplingParams.greedy(40)))));
    }
    assertThat(loop.submit(GenerationRequest.batch(prompt("abc"), SamplingParams.greedy(40))))
        .isEqualTo(new Submission.Rejected(new Rejection.QueueFull(2, 2)));
    gate.open(6);
    await().atMost(PATIENCE).until(() -> loop.snapshot().batch().running() == 2);
    TokenStream interactive = accepted(loop.submit(request("a question", 5)));
    gate.open(100_000);
    assertThat(text(readAll(interactive))).isEqualTo("This ");
    for (TokenStream stream : batch) {
      assertThat(text(readAll(stream))).as("the same").isEqualTo("This text is simulated; no mo");
    }
    assertThat(loop.snapshot().batch().preemptions()).isPositive();
    assertThat(loop.snapshot().interactive().preemptions()).isZero();
  }

  @Test
  void shouldRefuseLimitsBeyondTheEngine() {
    Engine engine = simulated(clock);
    assertThatThrownBy(
            () ->
                EngineLoop.start(
                    engine, new BatchLimits(5, 16, 8), LoopObserver.NONE, System::nanoTime))
        .hasMessageContaining("maxSequences is 5, but the engine holds 4");
    assertThatThrownBy(
            () ->
                EngineLoop.start(
                    engine, new BatchLimits(4, 17, 8), LoopObserver.NONE, System::nanoTime))
        .hasMessageContaining("maxBatchedTokens is 17");
  }

  private EngineLoop start(Engine engine, BatchLimits limits) {
    EngineLoop loop = EngineLoop.start(engine, limits, recorder, clock);
    loops.add(loop);
    return loop;
  }

  private Gate gate() {
    Gate gate = new Gate();
    gates.add(gate);
    return gate;
  }

  private static SimulatedEngine simulated(Pause pause) {
    return new SimulatedEngine(OPTIONS, pause);
  }

  /// A request that may come before or after the failure of the engine.
  private static Submission submitAnyway(EngineLoop loop, String prompt) {
    Submission submission = loop.submit(request(prompt, 3));
    if (submission instanceof Submission.Rejected(Rejection.EngineFailed(String cause))) {
      EventQueue queue = new EventQueue(1, () -> {});
      queue.finish(new TokenEvent.Finished(FinishReason.ERROR, "", new Usage(1, 0, 0, 0), cause));
      return new Submission.Accepted(queue);
    }
    return submission;
  }

  private static GenerationRequest request(String prompt, int maxTokens) {
    return GenerationRequest.interactive(prompt(prompt), SamplingParams.greedy(maxTokens));
  }

  private static GenerationRequest endless(String prompt, int maxTokens) {
    return GenerationRequest.interactive(
        prompt(prompt), SamplingParams.greedy(maxTokens).ignoringEnd());
  }

  private static void cancelSome(List<TokenStream> streams, Random random) {
    streams.stream().filter(_ -> random.nextInt(3) == 0).forEach(TokenStream::cancel);
  }

  private static int[] prompt(String text) {
    return new ByteTokenizer().tokenize(text, true, false);
  }

  private static TokenStream accepted(Submission submission) {
    return switch (submission) {
      case Submission.Accepted(TokenStream stream) -> stream;
      case Submission.Rejected(Rejection reason) -> throw new AssertionError(reason.message());
    };
  }

  private static List<TokenEvent> readAll(TokenStream stream) throws InterruptedException {
    List<TokenEvent> events = new ArrayList<>();
    do {
      events.add(
          stream.next(PATIENCE).orElseThrow(() -> new AssertionError("No event in " + PATIENCE)));
    } while (!(events.getLast() instanceof TokenEvent.Finished));
    return events;
  }

  private static String text(List<TokenEvent> events) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.text()));
    return text.toString();
  }

  private static TokenEvent.Finished end(List<TokenEvent> events) {
    return (TokenEvent.Finished) events.getLast();
  }

  /// Lets as many steps pass as it is told, and waits before the next.
  private static final class Gate implements Pause {
    private final Semaphore steps = new Semaphore(0);

    void open(int count) {
      steps.release(count);
    }

    void shut() {
      steps.drainPermits();
    }

    @Override
    public void nanos(long nanos) {
      steps.acquireUninterruptibly();
    }
  }

  /// An engine in front of another.
  private abstract static class Wrapped implements Engine {
    private final Engine engine;

    Wrapped(Engine engine) {
      this.engine = engine;
    }

    @Override
    public EngineInfo info() {
      return engine.info();
    }

    @Override
    public Tokenizer tokenizer() {
      return engine.tokenizer();
    }

    @Override
    public void step(StepPlan plan, LogitsRows rows) {
      engine.step(plan, rows);
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  /// Keeps all that it hears.
  private long stepNanos() {
    return recorder.steps.stream().mapToLong(LoopObserver.StepReport::engineNanos).sum();
  }

  private static final class Recorder implements LoopObserver {
    final Queue<StepReport> steps = new ConcurrentLinkedQueue<>();
    final Queue<Rejection> rejected = new ConcurrentLinkedQueue<>();
    final Queue<Long> started = new ConcurrentLinkedQueue<>();
    final Queue<Long> firstTokens = new ConcurrentLinkedQueue<>();
    final Queue<Long> furtherTokens = new ConcurrentLinkedQueue<>();
    final Queue<Long> paces = new ConcurrentLinkedQueue<>();
    final Queue<FinishReason> finished = new ConcurrentLinkedQueue<>();

    @Override
    public void step(StepReport report) {
      steps.add(report);
    }

    @Override
    public void rejected(Rejection reason) {
      rejected.add(reason);
    }

    @Override
    public void started(RequestClass requestClass, long queueNanos) {
      started.add(queueNanos);
    }

    @Override
    public void firstToken(RequestClass requestClass, long nanosSinceSubmit) {
      firstTokens.add(nanosSinceSubmit);
    }

    @Override
    public void furtherToken(RequestClass requestClass, long nanosSincePrevious) {
      furtherTokens.add(nanosSincePrevious);
    }

    @Override
    public void paced(RequestClass requestClass, long nanosPerToken) {
      paces.add(nanosPerToken);
    }

    @Override
    public void finished(
        RequestClass requestClass, FinishReason reason, Usage usage, long nanosSinceSubmit) {
      finished.add(reason);
    }
  }
}
