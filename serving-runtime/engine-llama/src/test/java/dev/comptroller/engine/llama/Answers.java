package dev.comptroller.engine.llama;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.EngineLoop;
import dev.comptroller.engine.GenerationRequest;
import dev.comptroller.engine.LoopObserver;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.Submission;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.TokenStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Asks an engine loop and reads its answers.
record Answers(EngineLoop loop) implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /// A loop over a model, which is opened for it.
  static Answers over(LlamaEngine engine, BatchLimits limits) {
    return new Answers(EngineLoop.start(engine, limits, LoopObserver.NONE, System::nanoTime));
  }

  /// Hands a request over.
  TokenStream ask(int[] prompt, SamplingParams sampling) {
    return switch (loop.submit(GenerationRequest.interactive(prompt, sampling))) {
      case Submission.Accepted(TokenStream stream) -> stream;
      case Submission.Rejected(var reason) -> throw new IllegalStateException(reason.message());
    };
  }

  TokenStream askBatch(int[] prompt, SamplingParams sampling) {
    return switch (loop.submit(GenerationRequest.batch(prompt, sampling))) {
      case Submission.Accepted(TokenStream stream) -> stream;
      case Submission.Rejected(var reason) -> throw new IllegalStateException(reason.message());
    };
  }

  /// All events of a stream.
  static List<TokenEvent> read(TokenStream stream) throws InterruptedException {
    List<TokenEvent> events = new ArrayList<>();
    do {
      events.add(
          stream.next(PATIENCE).orElseThrow(() -> new AssertionError("No event in " + PATIENCE)));
    } while (!(events.getLast() instanceof TokenEvent.Finished));
    return events;
  }

  /// The events of each prompt's answer, with all prompts in the batch at once.
  List<List<TokenEvent>> together(List<int[]> prompts, SamplingParams sampling)
      throws InterruptedException {
    List<TokenStream> streams = prompts.stream().map(prompt -> ask(prompt, sampling)).toList();
    List<List<TokenEvent>> answers = new ArrayList<>();
    for (TokenStream stream : streams) {
      answers.add(read(stream));
    }
    return answers;
  }

  /// The events of each prompt's answer, one prompt after another.
  List<List<TokenEvent>> oneByOne(List<int[]> prompts, SamplingParams sampling)
      throws InterruptedException {
    List<List<TokenEvent>> answers = new ArrayList<>();
    for (int[] prompt : prompts) {
      answers.add(read(ask(prompt, sampling)));
    }
    return answers;
  }

  @Override
  public void close() {
    loop.close();
  }
}
