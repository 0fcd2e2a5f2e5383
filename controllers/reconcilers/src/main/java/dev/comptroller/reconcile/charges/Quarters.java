package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.protocol.MinuteQuarter;
import java.time.Instant;

/// Requests by the quarter of the minute that they came in.
record Quarters(long first, long second, long third, long fourth) {
  static final Quarters NONE = new Quarters(0, 0, 0, 0);

  /// So many in one quarter, 0 to 3.
  static Quarters of(int quarter, long count) {
    return new Quarters(
        quarter == 0 ? count : 0,
        quarter == 1 ? count : 0,
        quarter == 2 ? count : 0,
        quarter == 3 ? count : 0);
  }

  Quarters plus(Quarters other) {
    return new Quarters(
        first + other.first, second + other.second, third + other.third, fourth + other.fourth);
  }

  /// What was added since `before`; all of it where a counter began anew.
  Quarters since(Quarters before) {
    return isAnew(before)
        ? this
        : new Quarters(
            first - before.first,
            second - before.second,
            third - before.third,
            fourth - before.fourth);
  }

  private boolean isAnew(Quarters before) {
    return first < before.first
        || second < before.second
        || third < before.third
        || fourth < before.fourth;
  }

  /// Those of quarters that have begun in the minute of `at`.
  Quarters begun(Instant at) {
    int present = MinuteQuarter.of(at);
    return new Quarters(
        first, present >= 1 ? second : 0, present >= 2 ? third : 0, present >= 3 ? fourth : 0);
  }

  Pulse.Minute minute() {
    return new Pulse.Minute(first, second, third, fourth);
  }
}
