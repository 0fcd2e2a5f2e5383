package dev.comptroller.engine;

import dev.comptroller.batching.BatchLimits;
import java.time.Duration;
import java.util.function.LongSupplier;

/// The one thread that drives an engine: takes requests, plans a step, computes it, publishes
// tokens.
public final class EngineLoop implements AutoCloseable {
  private EngineLoop() {}

  /// Starts a loop over an engine, which it owns from now on and closes when it ends.
  ///
  /// @param nanoClock monotonic nanoseconds, such as `System::nanoTime`
  public static EngineLoop start(
      Engine engine, BatchLimits limits, LoopObserver observer, LongSupplier nanoClock) {
    throw new UnsupportedOperationException();
  }

  /// Hands a request over; safe from any thread, does not wait for the engine.
  public Submission submit(GenerationRequest request) {
    throw new UnsupportedOperationException();
  }

  /// The loop's figures now; safe from any thread.
  public LoopSnapshot snapshot() {
    throw new UnsupportedOperationException();
  }

  /// Takes nothing new from now on; what was accepted runs to its end.
  public void drain() {
    throw new UnsupportedOperationException();
  }

  /// Waits until nothing runs or waits any more, after [#drain].
  ///
  /// @return whether that came in time
  public boolean awaitDrained(Duration patience) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  /// Ends the loop: what still runs ends with [FinishReason#CANCELLED], and the engine is closed.
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
