package dev.comptroller.decide.scale;

import org.jspecify.annotations.Nullable;

/// A demand that repeats within the minutes that are known: jobs at every half hour, pollers at
/// every quarter.
///
/// Each minute of the last two repetitions is compared with the one a repetition before, so that
/// three of them must be known. Where nothing repeats, the squares of these differences are about
/// twice the variance, and where it changes slowly more than those of minutes half as far apart;
/// they must be less than a part of both ([#CLEAR]), in each of the two by itself. Of all lengths
/// that come as close as the closest the shortest counts, because it is forgotten soonest; one to
/// which a minute more comes closer is not the length.
///
/// What was asked for in the last minutes may deny it ([#LATELY]): a repetition that does not come
/// is noticed while it is missing, one that is late once it is later than that.
///
/// What repeats every day is not looked for like that: a day and three hours are enough, and each
/// minute that has one a day before is compared with it.
///
/// @param minutes after which it repeats
record Recurrence(int minutes) {
  /// Minutes of a day.
  static final int DAY = 24 * 60;

  /// Minutes that are known of more than a day, for what repeats every day to be tried on them.
  private static final int TELLING = 180;

  /// The largest part of what is usual that is left of what repeats.
  private static final double CLEAR = 0.25;

  /// By how much of it two lengths may differ and come equally close.
  private static final double EQUAL = 0.03;

  /// Minutes that deny it together, each by more than a standard deviation in the same direction.
  private static final int LATELY = 2;

  private static final int REPETITIONS = 3;
  private static final int SHORTEST = 4;

  /// Minutes of which chance does not make a repetition.
  private static final int LEAST = 15;

  /// A part of the squared mean that is rounding.
  private static final double ROUNDING = 1e-12;

  /// What `minutes` repeat every day; absent where too few are known, where they are not like those
  /// a day before, or where the last ones deny it.
  static @Nullable Recurrence daily(double[] minutes) {
    int known = minutes.length - DAY;
    boolean comes =
        known >= TELLING
            && squares(minutes, DAY, known, DAY) < CLEAR * 2 * variance(minutes, 0) * known;
    return comes && !denied(minutes, DAY) ? new Recurrence(DAY) : null;
  }

  /// What `minutes` repeat, the newest last; absent if they do not, or if three whole repetitions
  /// are not known. Of 180 minutes it takes some 20,000 steps.
  static @Nullable Recurrence find(double[] minutes) {
    int longest = minutes.length / REPETITIONS;
    double[] left = new double[longest + 1];
    double closest = CLEAR;
    for (int length = SHORTEST; length <= longest; length++) {
      left[length] = left(minutes, length);
      closest = Math.min(closest, left[length]);
    }
    for (int length = SHORTEST; length <= longest; length++) {
      if (left[length] < CLEAR && left[length] <= closest + EQUAL) {
        boolean early = isEarly(minutes, length);
        return early || denied(minutes, length) ? null : new Recurrence(length);
      }
    }
    return null;
  }

  /// The busiest of the minutes from `from` on until `to`, without it, as a repetition before.
  ///
  /// @param known how many of `minutes` are known, at least one repetition
  double peak(double[] minutes, int known, int from, int to) {
    double peak = 0;
    for (int i = from; i < to; i++) {
      int back = Math.ceilDiv(i - known + 1, this.minutes) * this.minutes;
      peak = Math.max(peak, minutes[i - Math.max(back, this.minutes)]);
    }
    return peak;
  }

  /// The part of what is usual that is left in the worse of the last two repetitions, or of as many
  /// as fill [#LEAST] minutes; 1 where there is none.
  private static double left(double[] minutes, int length) {
    int span = span(length);
    int end = minutes.length;
    int first = end - 2 * span - length;
    double variance = first < 0 ? 0 : variance(minutes, first);
    double half = first < 0 ? 0 : squares(minutes, end - 2 * span, 2 * span, length / 2) / span / 2;
    double usual = Math.min(2 * variance, half);
    if (usual <= 0) {
      return 1;
    }
    double worse =
        Math.max(
            squares(minutes, end - span, span, length),
            squares(minutes, end - 2 * span, span, length));
    return worse / span / usual;
  }

  /// The minutes of the least number of repetitions that are compared as one.
  private static int span(int length) {
    return Math.ceilDiv(LEAST, length) * length;
  }

  /// Whether the minutes before those of a repetition ago come closer.
  private static boolean isEarly(double[] minutes, int length) {
    int from = minutes.length - length;
    return squares(minutes, from, length, length + 1) < squares(minutes, from, length, length);
  }

  /// The sum of the squared differences of `count` minutes to those `back` before them.
  private static double squares(double[] minutes, int from, int count, int back) {
    double squares = 0;
    for (int i = from; i < from + count; i++) {
      double off = minutes[i] - minutes[i - back];
      squares += off * off;
    }
    return squares;
  }

  private static double variance(double[] minutes, int from) {
    double sum = 0;
    for (int i = from; i < minutes.length; i++) {
      sum += minutes[i];
    }
    double mean = sum / (minutes.length - from);
    double squares = 0;
    for (int i = from; i < minutes.length; i++) {
      squares += (minutes[i] - mean) * (minutes[i] - mean);
    }
    double variance = squares / (minutes.length - from);
    return variance <= ROUNDING * mean * mean ? 0 : variance;
  }

  private static boolean denied(double[] minutes, int length) {
    double deviation =
        Math.sqrt(variance(minutes, Math.max(0, minutes.length - REPETITIONS * length)));
    int above = 0;
    int below = 0;
    for (int i = minutes.length - LATELY; i < minutes.length; i++) {
      double off = minutes[i] - minutes[i - length];
      above += off > deviation ? 1 : 0;
      below += off < -deviation ? 1 : 0;
    }
    return above == LATELY || below == LATELY;
  }
}
