package dev.comptroller.server;

import dev.comptroller.engine.LoopSnapshot;
import dev.comptroller.engine.LoopState;
import java.time.Duration;

/// Whether a server is ready and alive, and why not.
///
/// @param ready whether requests should be sent here
/// @param live whether it should be left running
/// @param reason a sentence
record Health(boolean ready, boolean live, String reason) {
  /// How long an engine may have work without making a token.
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /// Judges a server.
  static Health of(Phase phase) {
    return switch (phase) {
      case Phase.Loading(String model) -> new Health(false, true, "loading " + model);
      case Phase.Serving(Replica replica) -> of(replica.loop().snapshot());
      case Phase.Draining(Replica replica) -> {
        Health loop = of(replica.loop().snapshot());
        yield new Health(false, loop.live, loop.live ? "draining" : loop.reason);
      }
    };
  }

  /// Judges an engine loop by its token progress.
  static Health of(LoopSnapshot loop) {
    return switch (loop.state()) {
      case LoopState.Failed(String cause) -> new Health(false, false, "engine failed: " + cause);
      case LoopState.Closed _ -> new Health(false, true, "closed");
      case LoopState.Draining _, LoopState.Serving _ -> {
        long stalled = loop.stalledNanos();
        if (stalled >= PATIENCE.toNanos()) {
          String reason =
              "no token for %d s with %d running and %d waiting"
                  .formatted(stalled / 1_000_000_000L, loop.running(), loop.waiting());
          yield new Health(false, false, reason);
        }
        yield loop.state() instanceof LoopState.Serving
            ? new Health(true, true, "ok")
            : new Health(false, true, "draining");
      }
    };
  }
}
