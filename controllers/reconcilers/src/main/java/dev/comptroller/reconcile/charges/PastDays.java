package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.scale.DemandSeen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// What was asked for in each minute of the last two days, in tokens to three digits; minutes that
/// were not observed are not known. Immutable.
final class PastDays {
  /// Minutes that are kept.
  static final int KEPT = DemandSeen.BEFORE;

  /// Nothing known.
  static final PastDays NONE = new PastDays(0, new int[0]);

  /// Tokens of a minute that was not observed.
  static final int UNKNOWN = -1;

  private static final int DAY = KEPT / 2;
  private static final int DIGITS = 1_000;
  private static final double SECONDS = 60;

  private final long end;
  private final int[] tokens;

  private PastDays(long end, int[] tokens) {
    this.end = end;
    this.tokens = tokens;
  }

  /// The minutes before `end`, in minutes since 1970, the newest last.
  static PastDays of(long end, int[] tokens) {
    return new PastDays(
        end, Arrays.copyOfRange(tokens, Math.max(0, tokens.length - KEPT), tokens.length));
  }

  /// With a minute that was observed; nothing is kept of those before anything was asked for.
  PastDays with(long minute, long count) {
    boolean first = tokens.length == 0;
    if (first && count == 0) {
      return this;
    }
    long last = first ? minute + 1 : Math.max(end, minute + 1);
    long from = Math.max(first ? minute : Math.min(begin(), minute), last - KEPT);
    if (minute < from) {
      return this;
    }
    int[] next = new int[Math.toIntExact(last - from)];
    Arrays.setAll(next, i -> at(from + i));
    next[Math.toIntExact(minute - from)] = rounded(count);
    return new PastDays(last, next);
  }

  /// Minutes since 1970 of the first one after them.
  long end() {
    return end;
  }

  /// Tokens of all minutes from the first one that is known, the newest last.
  int[] tokens() {
    return tokens.clone();
  }

  /// Tokens a second in the minutes before one, without a gap, the newest last. What was not
  /// observed counts as the same minute a day before.
  List<Double> before(long minute) {
    List<Double> rates = new ArrayList<>();
    for (long at = minute - 1; at >= minute - KEPT; at--) {
      int known = at(at) == UNKNOWN ? at(at - DAY) : at(at);
      if (known == UNKNOWN) {
        break;
      }
      rates.add(known / SECONDS);
    }
    Collections.reverse(rates);
    return rates;
  }

  private long begin() {
    return end - tokens.length;
  }

  private int at(long minute) {
    return minute < begin() || minute >= end ? UNKNOWN : tokens[(int) (minute - begin())];
  }

  private static int rounded(long count) {
    long unit = 1;
    while (count / unit >= DIGITS) {
      unit *= 10;
    }
    return (int) Math.min((count + unit / 2) / unit * unit, Integer.MAX_VALUE);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PastDays days && end == days.end && Arrays.equals(tokens, days.tokens);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(end) + Arrays.hashCode(tokens);
  }

  @Override
  public String toString() {
    return "%d minutes before %d".formatted(tokens.length, end);
  }
}
