package dev.comptroller.e2e.simulator.world;

import java.util.List;

/// A deployment as its clients see it.
///
/// @param namespace its namespace
/// @param name its name
/// @param rungs how it can be served, best first
/// @param demand what its clients ask for
/// @param limits what is promised, and how much may wait
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
  public record Rung(String variant, double quality, Speed speed) {}

  /// Promises and limits.
  ///
  /// @param firstToken seconds to the first token, at most; endless where nothing is promised
  /// @param perToken seconds between tokens, at most; endless where nothing is promised
  /// @param queued requests that wait for a replica, at most
  /// @param window seconds within which queued work is done
  public record Limits(double firstToken, double perToken, int queued, long window) {}
}
