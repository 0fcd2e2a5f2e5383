package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.Money;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What other namespaces may charge a namespace in a period: gateways refuse what would come to
/// more, so that the hard limit holds between two looks and while nobody looks.
///
/// All of it counts as gone, because nobody knows how much of it was charged since. It comes in
/// slices, because money that is set aside for others serves nobody: the next one when half of the
/// last one is used, twice as large, up to a share of what is left. It is never lowered within a
/// period: who would have to refuse more may not have heard of it yet.
///
/// @param period when it begins
/// @param limit charges in it, settled and held, at most
/// @param charged what was charged when the limit was set
public record Allotment(Instant period, Money limit, Money charged) {
  /// The smallest slice: a part of what is left, or ten cents where that is no large part.
  private static final long SMALLEST_PART = 256;

  private static final long SMALLEST = 100_000;

  /// The largest slice, as a part of what is left.
  private static final long LARGEST_PART = 16;

  /// The same where nothing else takes the money.
  private static final long LARGEST_PART_ALONE = 4;

  public Allotment {
    if (limit.compareTo(charged) < 0 || charged.micros() < 0) {
      throw new IllegalArgumentException(
          "limit %s and charged %s: need zero or more, and the limit no less than is charged"
              .formatted(limit, charged));
    }
  }

  /// The allotment from now on.
  ///
  /// @param before the one in force; absent if there is none
  /// @param window the period
  /// @param charges settled and held in it
  /// @param left what is left of the amount without the allotment, less what leaving costs
  /// @param payable whether others let the namespace use what they serve
  /// @param alone whether the namespace runs nothing of its own
  static Allotment next(
      @Nullable Allotment before,
      Window window,
      Money charges,
      Money left,
      boolean payable,
      boolean alone) {
    if (before == null || !before.isOf(window)) {
      Money first = payable ? charges.plus(slice(0, left, alone)) : charges;
      return new Allotment(window.start(), first, charges);
    }
    Money since = charges.compareTo(before.charged) < 0 ? charges : before.charged;
    long slice = before.limit.minus(since).micros();
    boolean used = before.limit.minus(charges).micros() <= slice / 2;
    Money limit = payable && used ? charges.plus(slice(slice, left, alone)) : charges;
    return limit.compareTo(before.limit) > 0
        ? new Allotment(window.start(), limit, charges)
        : before;
  }

  /// The slice after one of `last` micro-dollars.
  private static Money slice(long last, Money left, boolean alone) {
    long most = Math.max(0, left.micros()) / (alone ? LARGEST_PART_ALONE : LARGEST_PART);
    long least = Math.min(most, Math.max(left.micros() / SMALLEST_PART, SMALLEST));
    return new Money(Math.clamp(2 * Math.min(last, most), least, most));
  }

  boolean isOf(Window window) {
    return period.equals(window.start());
  }
}
