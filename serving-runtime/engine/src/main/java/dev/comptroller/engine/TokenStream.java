package dev.comptroller.engine;

import java.time.Duration;
import java.util.Optional;

/// The tokens of one request, from the engine loop to one reader (usually a virtual thread).
public interface TokenStream extends AutoCloseable {
  /// The next event, waiting for it; after the end it is the end again.
  TokenEvent next() throws InterruptedException;

  /// The next event, or nothing when it does not come in time.
  Optional<TokenEvent> next(Duration patience) throws InterruptedException;

  /// Gives up the request: it leaves the batch before the next step. The stream then ends with
  /// [FinishReason#CANCELLED], unless it ended otherwise just before. Does not wait; may be called
  /// from any thread, any number of times.
  void cancel();

  /// Cancels unless the end has come.
  @Override
  void close();
}
