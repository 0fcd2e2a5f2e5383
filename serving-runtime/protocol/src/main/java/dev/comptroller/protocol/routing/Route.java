package dev.comptroller.protocol.routing;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How requests for one ModelDeployment are served.
///
/// Clients name it `namespace/deployment`, or `deployment` where that is unambiguous.
///
/// @param namespace namespace of the ModelDeployment
/// @param deployment name of the ModelDeployment
/// @param activeVariant the rung that serves now
/// @param postedPrice what tokens of the active variant are charged at; absent if unknown
/// @param replicas ready replicas of the active variant, ordered by name
/// @param unavailable why nothing is ready; absent when something is
/// @param fundedUntil past this instant nothing is admitted; absent while budgets are not enforced
public record Route(
    String namespace,
    String deployment,
    String activeVariant,
    @Nullable PostedPrice postedPrice,
    List<Replica> replicas,
    @Nullable Unavailable unavailable,
    @Nullable Instant fundedUntil) {
  public Route {
    replicas = List.copyOf(replicas);
  }

  /// One ready replica.
  ///
  /// @param name pod name
  /// @param address `host:port`
  /// @param maxSequences how many sequences it computes at once
  public record Replica(String name, String address, int maxSequences) {}

  /// Price of a million tokens by class, in micro-dollars.
  ///
  /// @param version rises with every change; usage lines carry it
  /// @param source `Declared` or `Derived`
  public record PostedPrice(
      long version, String source, long inputMicros, long cachedInputMicros, long outputMicros) {}

  /// The condition that explains why a deployment cannot serve.
  public record Unavailable(String condition, String reason, String message) {}
}
