package dev.comptroller.e2e.simulator.world;

/// What goes wrong in the cluster, and how long things take.
///
/// @param pull seconds to fetch the weights
/// @param load seconds to load them
/// @param warm seconds until the first request is answered
/// @param drain seconds that streams are given to end, at most
/// @param teardown seconds from then until the containers have ended, at most
/// @param failedStart probability that a start fails and is tried again
/// @param spotLossSeconds mean seconds between losses of a spot node; 0: none is ever lost
/// @param spotBackSeconds mean seconds until a lost node is replaced
/// @param notice probability that a loss is announced
/// @param noticeSeconds how long before
/// @param unseenSeconds how long the API server shows a node that is gone, at most
public record Faults(
    long pull,
    long load,
    long warm,
    long drain,
    long teardown,
    double failedStart,
    double spotLossSeconds,
    double spotBackSeconds,
    double notice,
    long noticeSeconds,
    long unseenSeconds) {
  /// Nothing goes wrong, and a replica needs about a minute and a half to start.
  public static final Faults NONE = new Faults(45, 30, 15, 60, 15, 0, 0, 0, 0, 0, 0);

  /// All of it happens.
  public static final Faults MANY =
      new Faults(45, 30, 15, 60, 15, 0.15, 6 * 3600, 1800, 0.5, 120, 300);

  /// Seconds from the node to the first answer where nothing fails.
  public long start() {
    return pull + load + warm;
  }
}
