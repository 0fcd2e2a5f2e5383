package dev.comptroller.decide.latency;

/// How many requests kept what is promised.
///
/// @param requests that got a first token
/// @param first of these, those that got it in time
/// @param answers whose pace is known
/// @param pace of these, those whose tokens came fast enough
public record SloCount(double requests, double first, double answers, double pace) {
  /// None.
  public static final SloCount NONE = new SloCount(0, 0, 0, 0);

  /// These and `more`.
  public SloCount plus(SloCount more) {
    return new SloCount(
        requests + more.requests, first + more.first, answers + more.answers, pace + more.pace);
  }

  /// What came since `before`; everything if the process began anew in between.
  SloCount since(SloCount before) {
    return requests < before.requests || answers < before.answers
        ? this
        : new SloCount(
            requests - before.requests,
            Math.max(0, first - before.first),
            answers - before.answers,
            Math.max(0, pace - before.pace));
  }

  /// Part of the requests whose first token came in time; all if there were none.
  public double firstShare() {
    return requests > 0 ? Math.min(1, first / requests) : 1;
  }

  /// Part of the answers that were fast enough; all if there were none.
  public double paceShare() {
    return answers > 0 ? Math.min(1, pace / answers) : 1;
  }
}
