package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.capacity.Slo;

/// What became of requests: how many kept what is promised, and how long they waited.
///
/// Times to the first token are counted in classes that are 0.4 % wide.
public final class Score {
  private static final int MANTISSA = 44;
  private static final long LOWEST = Double.doubleToRawLongBits(1.0 / (1 << 14)) >>> MANTISSA;
  private static final long HIGHEST = Double.doubleToRawLongBits(1 << 20) >>> MANTISSA;

  private final Slo slo;
  private final double batchWindow;
  private final long[] classes = new long[(int) (HIGHEST - LOWEST + 1)];
  private final int[] missesByMinute;
  private final int[] arrivedByMinute;

  private long arrived;
  private long batchArrived;
  private long served;
  private long batchServed;
  private long refused;
  private long lateFirst;
  private long latePerToken;
  private long missed;
  private long batchMissed;
  private long answerTokens;
  private long batchTokens;

  Score(Slo slo, double batchWindow, long seconds) {
    this.slo = slo;
    this.batchWindow = batchWindow;
    missesByMinute = new int[(int) (seconds / 60) + 1];
    arrivedByMinute = new int[missesByMinute.length];
  }

  void came(double at) {
    arrived++;
    arrivedByMinute[(int) at / 60]++;
  }

  void batchCame() {
    batchArrived++;
  }

  void refused(double at) {
    refused++;
    miss(at);
  }

  void served(double at, double first, double now, int output) {
    served++;
    answerTokens += output;
    double wait = first - at;
    classes[(int) (Math.clamp(bits(wait), LOWEST, HIGHEST) - LOWEST)]++;
    boolean late = wait > slo.timeToFirstToken();
    boolean slow = now - first > slo.timePerOutputToken() * (output - 1);
    if (late) {
      lateFirst++;
    }
    if (slow) {
      latePerToken++;
    }
    if (late || slow) {
      miss(at);
    }
  }

  void batchServed(double at, double now, int output) {
    batchServed++;
    batchTokens += output;
    if (now - at > batchWindow) {
      batchMissed++;
    }
  }

  /// Counts what is left of the backlog at the end: missed if its window has passed.
  void batchLeft(double at, double now) {
    if (now - at > batchWindow) {
      batchMissed++;
    }
  }

  private void miss(double at) {
    missed++;
    missesByMinute[(int) at / 60]++;
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(Math.max(value, 0)) >>> MANTISSA;
  }

  /// Seconds to the first token that this part of the served requests stay below.
  public double firstToken(double part) {
    long rank = (long) Math.ceil(part * served);
    long seen = 0;
    for (int i = 0; i < classes.length; i++) {
      seen += classes[i];
      if (seen >= rank && seen > 0) {
        return Double.longBitsToDouble((LOWEST + i) << MANTISSA);
      }
    }
    return 0;
  }

  /// Part of the requests that may not wait that did not get what is promised.
  public double missedShare() {
    return arrived == 0 ? 0 : (double) missed / arrived;
  }

  /// Requests that may not wait.
  public long arrived() {
    return arrived;
  }

  /// Those served.
  public long served() {
    return served;
  }

  /// Those refused because every queue was full.
  public long refused() {
    return refused;
  }

  /// Those whose first token came late.
  public long lateFirst() {
    return lateFirst;
  }

  /// Those whose tokens came too slowly.
  public long latePerToken() {
    return latePerToken;
  }

  /// Those for which any of that is so.
  public long missed() {
    return missed;
  }

  /// Requests that may wait.
  public long batchArrived() {
    return batchArrived;
  }

  /// Those served.
  public long batchServed() {
    return batchServed;
  }

  /// Those served after their window, or not at all though it has passed.
  public long batchMissed() {
    return batchMissed;
  }

  /// Tokens of answers of requests that may not wait.
  public long answerTokens() {
    return answerTokens;
  }

  /// Tokens of the other answers.
  public long batchTokens() {
    return batchTokens;
  }

  /// Misses of the requests that came in a minute.
  int misses(int minute) {
    return missesByMinute[minute];
  }

  /// Requests that may not wait that came in a minute.
  int arrived(int minute) {
    return arrivedByMinute[minute];
  }

  /// The largest part that was missed of those that came in any `minutes` minutes in a row.
  double worst(int minutes) {
    double worst = 0;
    long came = 0;
    long lost = 0;
    for (int minute = 0; minute < arrivedByMinute.length; minute++) {
      came += arrivedByMinute[minute];
      lost += missesByMinute[minute];
      if (minute >= minutes) {
        came -= arrivedByMinute[minute - minutes];
        lost -= missesByMinute[minute - minutes];
      }
      if (minute >= minutes - 1 && came > 0) {
        worst = Math.max(worst, (double) lost / came);
      }
    }
    return worst;
  }
}
