package dev.comptroller.engine;

import dev.comptroller.batching.BatchLimits;
import java.time.Duration;

/// Takes requests for one model and streams their tokens, in an order of its own.
///
/// What holds: a request that was accepted ends exactly once, whatever happens, also when the
/// engine fails or the loop is closed. At most `maxSequences + maxQueued` requests of each class
/// are in the loop, so that no amount of batch work refuses an interactive request.
public sealed interface ServingLoop extends AutoCloseable permits LoopBase {
  /// Tokens of one request that may wait for their reader.
  int READER_LAG = 4096;

  /// Hands a request over; safe from any thread, does not wait for the engine.
  Submission submit(GenerationRequest request);

  /// The loop's figures now; safe from any thread.
  LoopSnapshot snapshot();

  /// What the engine is.
  EngineInfo info();

  /// The model's tokenizer; usable until the loop is closed.
  Tokenizer tokenizer();

  /// The limits in force.
  BatchLimits limits();

  /// Takes nothing new from now on; what was accepted runs to its end.
  void drain();

  /// Waits until nothing runs or waits any more, after [#drain].
  ///
  /// @return whether that came in time
  boolean awaitDrained(Duration patience) throws InterruptedException;

  /// Ends the loop: what still runs ends with [FinishReason#CANCELLED], and the engine is closed.
  /// Waits for what is being computed.
  @Override
  void close();
}
