package dev.comptroller.decide.rollout;

/// How far a change of variant is. Each phase carries its sentence.
public enum Phase {
  /// The weights are read and verified where they will be used; no GPU is taken.
  Prestage("the weights are read and verified"),
  /// Replicas of the old variant make room, because the pool has none and the owner allowed it.
  Break("old replicas make room"),
  /// Replicas of the new variant start; they get no traffic.
  Start("new replicas start"),
  /// Each new replica answers real requests; it gets no traffic yet.
  Warm("new replicas answer their first requests"),
  /// A small share of the traffic shows whether the new variant answers as the old one does.
  Canary("a small share of the traffic tries the new variant"),
  /// Traffic moves in steps.
  Shift("traffic moves to the new variant"),
  /// The old variant gets nothing new and finishes what it has.
  Drain("the old variant finishes what it has"),
  /// The old variant's replicas leave.
  Release("the old replicas leave"),
  /// Nothing new is taken; what runs finishes, then all replicas leave.
  Suspend("requests in flight finish, then all replicas leave");

  private final String sentence;

  Phase(String sentence) {
    this.sentence = sentence;
  }

  /// What happens in it.
  public String sentence() {
    return sentence;
  }

  /// Whether traffic may already be moving, so that the way forward is as safe as the way back.
  boolean isMoving() {
    return this == Shift || this == Drain || this == Release;
  }
}
