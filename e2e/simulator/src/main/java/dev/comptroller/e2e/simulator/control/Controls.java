package dev.comptroller.e2e.simulator.control;

/// How the operator looks and writes, and what goes wrong on the way.
///
/// @param interval seconds between two looks, at most
/// @param stale probability that a look sees the cluster as it was at an earlier one
/// @param staleSeconds how old such a view is, at most
/// @param conflict probability that a write is refused because somebody else wrote
/// @param lostReply probability that a write is done and its answer is lost
/// @param crash probability that the operator dies before a write, and after it
/// @param restart seconds until it is back, at most
/// @param outageEvery mean seconds between outages; 0: there are none
/// @param outage mean seconds of an outage
/// @param measured whether the decision is told how many tokens a second are asked for
public record Controls(
    long interval,
    double stale,
    long staleSeconds,
    double conflict,
    double lostReply,
    double crash,
    long restart,
    double outageEvery,
    double outage,
    boolean measured) {
  /// An operator that nothing happens to.
  public static Controls calm(long interval) {
    return new Controls(interval, 0, 0, 0, 0, 0, 0, 0, 0, false);
  }

  /// An operator that everything happens to.
  public static Controls rough(long interval) {
    return new Controls(interval, 0.05, 45, 0.02, 0.01, 0.002, 30, 3 * 86_400.0, 2 * 3600.0, false);
  }

  /// The same, with the demand measured.
  public Controls withDemand() {
    return new Controls(
        interval,
        stale,
        staleSeconds,
        conflict,
        lostReply,
        crash,
        restart,
        outageEvery,
        outage,
        true);
  }
}
