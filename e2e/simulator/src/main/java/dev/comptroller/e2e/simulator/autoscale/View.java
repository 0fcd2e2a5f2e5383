package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.capacity.Sizing.SafeRate;

/// What a policy sees, every [Fleet#TICK] seconds.
///
/// @param now seconds since the start
/// @param ready replicas that serve
/// @param starting replicas that were asked for and do not serve yet
/// @param leaving replicas that serve what they have and take nothing more
/// @param most replicas there may be
/// @param waiting requests waiting in each ready replica
/// @param running requests in the batch of each ready replica, without those that may wait for
///   hours
/// @param kvUse part of the cache of each ready replica that is in use
/// @param arrivals requests a second that came in the last [Fleet#TICK] seconds
/// @param tokens tokens of their prompts and answers a second; an answer counts when it is
///   finished
/// @param history requests by minute
/// @param fullRate requests a second of a replica with all sequences taken
/// @param safe the rate at which one replica by itself keeps what is promised
/// @param startSeconds from asking for a replica until it serves
/// @param batch what waits for hours
@SuppressWarnings("ArrayRecordComponent")
public record View(
    double now,
    int ready,
    int starting,
    int leaving,
    int most,
    int[] waiting,
    int[] running,
    double[] kvUse,
    double arrivals,
    double tokens,
    History history,
    double fullRate,
    SafeRate safe,
    int startSeconds,
    Batch batch) {
  /// Requests that may wait.
  ///
  /// @param requests how many wait
  /// @param answerTokens tokens of their answers
  /// @param oldestSeconds how long the oldest has waited; 0 if there is none
  /// @param windowSeconds how long it may
  /// @param running how many are being served
  /// @param firstSpan the span of [Backlog#SPAN] seconds that the oldest came in
  /// @param spans how many came in each span from that one on
  @SuppressWarnings("ArrayRecordComponent")
  public record Batch(
      int requests,
      double answerTokens,
      double oldestSeconds,
      double windowSeconds,
      int running,
      int firstSpan,
      int[] spans) {}

  /// Replicas that are paid for to serve: ready or starting.
  public int replicas() {
    return ready + starting;
  }

  /// Requests waiting, in all.
  public int allWaiting() {
    return sum(waiting);
  }

  /// Requests in batches, in all.
  public int allRunning() {
    return sum(running);
  }

  private static int sum(int[] values) {
    int sum = 0;
    for (int value : values) {
      sum += value;
    }
    return sum;
  }
}
