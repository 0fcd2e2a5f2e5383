package dev.comptroller.e2e.simulator.world;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A deployment as its clients see it.
///
/// @param namespace its namespace
/// @param name its name
/// @param rungs how it can be served, best first
/// @param demand what its clients ask for
/// @param limits what is promised
public record Service(
    String namespace, String name, List<Rung> rungs, Demand demand, Limits limits) {
  public Service {
    rungs = List.copyOf(rungs);
  }

  /// A rung.
  ///
  /// @param variant its name
  /// @param quality the owner's figure
  /// @param speed how fast a replica is
  /// @param queue what may wait for it
  public record Rung(String variant, double quality, Speed speed, Queue queue) {}

  /// What may wait for a replica: whoever finds more before it is refused.
  ///
  /// @param requests at most
  /// @param longest that they take, at most; absent where their number alone is bounded
  public record Queue(int requests, @Nullable Duration longest) {
    /// Requests that may wait for a replica that serves `rate` of them a second.
    double room(double rate) {
      return longest == null ? requests : Math.min(requests, rate * longest.toMillis() / 1000);
    }
  }

  /// Promises.
  ///
  /// @param firstToken seconds to the first token, at most; endless where nothing is promised
  /// @param perToken seconds between tokens, at most; endless where nothing is promised
  /// @param window seconds within which queued work is done
  public record Limits(double firstToken, double perToken, long window) {}
}
