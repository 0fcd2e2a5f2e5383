package dev.comptroller.decide.rollout;

/// One variant that has replicas, or is to have some.
///
/// @param variant its name
/// @param weight its share of new requests, in percent; 0 gets nothing new
/// @param replicas how many it is asked to run
/// @param held how many may exist at most: more than `replicas` until those above have been seen to
///   be gone
/// @param revision number of the request that asked for `replicas`; its Deployment carries it,
///   which tells a view that knows the request from one that is older
public record Leg(String variant, int weight, int replicas, int held, long revision) {
  public Leg {
    if (weight < 0 || weight > 100 || replicas < 0 || held < replicas) {
      throw new IllegalArgumentException(
          "leg %s: weight %d, replicas %d, held %d".formatted(variant, weight, replicas, held));
    }
  }

  Leg withWeight(int next) {
    return new Leg(variant, next, replicas, held, revision);
  }
}
