package dev.comptroller.decide.plan;

/// Replicas of one offer in a plan.
///
/// @param offer what they are
/// @param paid how many of them run on nodes that are paid for anyway
/// @param further how many need nodes that cost extra
public record Pick(Offer offer, int paid, int further) {
  /// All of them.
  public int replicas() {
    return paid + further;
  }

  /// It in words: `2 large on h100/spot`.
  public String line() {
    return "%d %s".formatted(replicas(), offer.label());
  }
}
