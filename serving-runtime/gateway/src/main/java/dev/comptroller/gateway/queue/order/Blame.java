package dev.comptroller.gateway.queue.order;

/// Whether an item breaks its engine, or ran where replicas died of something else.
///
/// Replicas die without an item's doing too: nodes are taken away, memory runs out. Where that
/// happens at a rate, a run of a length meets it with a chance. The deaths that an item met are its
/// own when they would be a chance of less than one in [#ODDS] otherwise: three where replicas
/// hardly die, more where they often do.
public final class Blame {
  /// Deaths that are never called chance.
  public static final int MOST = 8;

  /// Deaths that are always called chance are one less.
  public static final int LEAST = 3;

  private static final double ODDS = 100_000;

  /// What is taken for seen besides: a death in a minute of one replica, because a gateway that has
  /// just begun knows little.
  private static final double PRIOR_DEATHS = 1;

  private static final double PRIOR_SECONDS = 60;

  private Blame() {}

  /// Judges an item.
  ///
  /// @param met replicas that died of it, or while it was there
  /// @param others deaths of replicas that it had no part in
  /// @param replicaSeconds time over which those were seen, over all replicas
  /// @param runSeconds how long the item takes
  public static boolean isToBlame(
      int met, double others, double replicaSeconds, double runSeconds) {
    if (met < LEAST || met >= MOST) {
      return met >= MOST;
    }
    double rate = (others + PRIOR_DEATHS) / (replicaSeconds + PRIOR_SECONDS);
    double chance = 1 - Math.exp(-rate * runSeconds);
    return Math.pow(chance, met) * ODDS < 1;
  }
}
