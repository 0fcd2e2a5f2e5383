package dev.comptroller.engine;

import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.metering.WorkCost;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model behind an engine that batches by itself: it is handed whole requests and tells their
/// tokens as they come.
public interface BatchingEngine extends AutoCloseable {
  /// What the engine is; never changes.
  EngineInfo info();

  /// The model's tokenizer; usable from every thread until the engine is closed.
  Tokenizer tokenizer();

  /// What kinds of work cost in relation to each other.
  default WorkCost workCost() {
    return WorkCost.USUAL;
  }

  /// Tells how the engine is from now on; called once, before the first request.
  void watch(Watcher watcher);

  /// Hands a request over, and does not wait.
  ///
  /// @param prompt all tokens that come before the first one asked for
  Run run(TokenIds prompt, SamplingParams sampling, RequestClass requestClass, Listener listener);

  @Override
  void close();

  /// A request that the engine has.
  @FunctionalInterface
  interface Run {
    /// Gives it up; does not wait. Its end is told all the same, once.
    void stop();
  }

  /// Hears of a request, in order, from any thread; returns at once.
  interface Listener {
    /// Tokens that one step gave it; at least one.
    void tokens(List<Piece> tokens);

    /// The end; nothing comes after it.
    void ended(End end);
  }

  /// Hears of the engine, from any thread; returns at once.
  interface Watcher {
    /// It was looked at.
    ///
    /// @param kvUsed tokens in its cache
    /// @param steps steps that it has computed; only whether that grows matters
    void seen(int kvUsed, long steps);

    /// It cannot go on.
    void failed(String cause);
  }

  /// A token that was generated.
  ///
  /// @param logprob its log-probability, when it was asked for
  record Piece(int token, TokenEvent.@Nullable Logprob logprob) {}

  /// How a request ended.
  sealed interface End {
    /// By itself.
    ///
    /// @param cachedTokens tokens of the prompt that were not computed
    record Done(FinishReason reason, int cachedTokens) implements End {}

    /// Because it was given up.
    record Stopped() implements End {}

    /// It could not go on; the engine may be well.
    record Failed(String message) implements End {}
  }
}
