package dev.comptroller.engine;

import java.util.Optional;
import java.util.function.LongSupplier;

/// One accepted request on the loop's thread: samples, counts, assembles text, ends exactly once.
final class Generation {
  final long id;
  final GenerationRequest request;
  private final EventQueue queue;
  private final LoopObserver observer;
  private final long submittedNanos;
  private final LongSupplier settle;
  private final Sampler sampler;
  private final TextAssembler text;
  private long firstTokenNanos;
  private long lastTokenNanos;
  private int completionTokens;
  private boolean ended;

  Generation(
      long id,
      GenerationRequest request,
      EventQueue queue,
      LoopObserver observer,
      long submittedNanos,
      LongSupplier settle) {
    this.id = id;
    this.request = request;
    this.queue = queue;
    this.observer = observer;
    this.submittedNanos = submittedNanos;
    this.settle = settle;
    this.sampler = new Sampler(request.sampling());
    this.text = new TextAssembler(request.sampling().stops());
  }

  /// Why a request ends.
  ///
  /// @param message what happened, for [FinishReason#ERROR]; else empty
  record Ending(FinishReason reason, String message) {}

  /// When the request was submitted.
  long submittedNanos() {
    return submittedNanos;
  }

  /// Chooses the next token; publishes nothing yet.
  Choice choose(float[] logits, int size, Sampler.Scratch scratch) {
    return sampler.choose(logits, size, scratch);
  }

  /// Publishes what was chosen and says whether that ends the request; whoever publishes the last
  /// token then calls [#finish].
  Optional<Ending> publish(Choice choice, Tokenizer tokenizer, long nowNanos) {
    return switch (choice) {
      case Choice.Broken(String message) -> Optional.of(new Ending(FinishReason.ERROR, message));
      case Choice.Chosen chosen -> publish(chosen, tokenizer, nowNanos);
    };
  }

  private Optional<Ending> publish(Choice.Chosen chosen, Tokenizer tokenizer, long nowNanos) {
    completionTokens++;
    if (completionTokens == 1) {
      firstTokenNanos = nowNanos;
      observer.firstToken(request.requestClass(), nowNanos - submittedNanos);
    } else {
      observer.furtherToken(request.requestClass(), nowNanos - lastTokenNanos);
    }
    lastTokenNanos = nowNanos;
    boolean modelEnds = !request.sampling().ignoreEnd() && tokenizer.endsGeneration(chosen.token());
    String delta = modelEnds ? "" : text.accept(tokenizer.piece(chosen.token()));
    if (!queue.offer(new TokenEvent.Token(chosen.token(), delta, chosen.logprob()))) {
      return Optional.of(
          new Ending(
              FinishReason.ERROR,
              "The reader fell behind by as many tokens as are kept for it; read faster"));
    }
    if (modelEnds || text.stopped()) {
      return Optional.of(new Ending(FinishReason.STOP, ""));
    }
    return completionTokens >= request.sampling().maxTokens()
        ? Optional.of(new Ending(FinishReason.LENGTH, ""))
        : Optional.empty();
  }

  /// Ends the stream. Before that the request's place is given up and the observer knows, so that
  /// who reads the end may submit again and finds it counted.
  ///
  /// @param cachedTokens tokens of the prompt that were not computed
  void finish(Ending ending, int cachedTokens, long nowNanos) {
    if (ended) {
      throw new IllegalStateException("Generation " + id + " ended before");
    }
    ended = true;
    long gpuNanos = settle.getAsLong();
    Usage usage = new Usage(request.prompt().size(), cachedTokens, completionTokens, gpuNanos);
    try {
      if (completionTokens > 1) {
        observer.paced(
            request.requestClass(), (lastTokenNanos - firstTokenNanos) / (completionTokens - 1));
      }
      observer.finished(request.requestClass(), ending.reason(), usage, nowNanos - submittedNanos);
    } finally {
      queue.finish(
          new TokenEvent.Finished(ending.reason(), text.finish(), usage, ending.message()));
    }
  }
}
