package dev.comptroller.decide.fleet;

/// The borders of a deployment's replicas.
///
/// @param minReplicas never fewer
/// @param maxReplicas never more
public record Scaling(int minReplicas, int maxReplicas) {
  public Scaling {
    if (minReplicas < 0 || maxReplicas < minReplicas) {
      throw new IllegalArgumentException(
          "scaling.minReplicas %d and scaling.maxReplicas %d: need 0 <= min <= max"
              .formatted(minReplicas, maxReplicas));
    }
  }

  /// The nearest allowed number of replicas.
  public int clamp(int replicas) {
    return Math.clamp(replicas, minReplicas, maxReplicas);
  }
}
