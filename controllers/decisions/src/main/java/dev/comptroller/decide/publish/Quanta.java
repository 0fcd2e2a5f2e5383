package dev.comptroller.decide.publish;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/// When figures that flow are worth a write.
///
/// At once when anything prompt changed or a figure appeared or vanished; at once when a figure
/// moved by 1 % of the limit; after a while, 60 s by default, when it moved at all, and so for
/// what is derived however far it moved; never when nothing moved.
public final class Quanta {
  /// The longest that a figure that moved stays unpublished where nothing else is said.
  public static final Duration STALENESS = Duration.ofSeconds(60);

  private static final BigInteger PERCENT = BigInteger.valueOf(100);

  private Quanta() {}

  /// What to do.
  public sealed interface Verdict {
    /// Write now.
    ///
    /// @param cause what made it due
    record Publish(String cause) implements Verdict {}

    /// Something moved, but not enough: look again at this instant at the latest.
    record Wait(Instant until) implements Verdict {}

    /// Nothing changed: no write, and none due.
    record Unchanged() implements Verdict {}
  }

  /// Whether `next` is worth a write at `now`, when `previous` was written at `publishedAt`.
  ///
  /// @param staleness the longest that a figure that moved stays unpublished
  /// @param limit what 1 % is of, in the unit of the figures; 0 to take 1 % of each figure itself
  public static Verdict decide(
      Figures previous,
      Instant publishedAt,
      Figures next,
      long limit,
      Duration staleness,
      Instant now) {
    if (!previous.prompt().equals(next.prompt())) {
      return new Verdict.Publish("a condition or the heat changed");
    }
    if (!previous.flowing().keySet().equals(next.flowing().keySet())
        || !previous.derived().keySet().equals(next.derived().keySet())) {
      return new Verdict.Publish("a figure appeared or vanished");
    }
    if (previous.flowing().equals(next.flowing()) && previous.derived().equals(next.derived())) {
      return new Verdict.Unchanged();
    }
    for (Map.Entry<String, Long> figure : next.flowing().entrySet()) {
      long before = previous.flowing().getOrDefault(figure.getKey(), 0L);
      if (isQuantum(before, figure.getValue(), limit)) {
        return new Verdict.Publish("%s moved by 1 %% of the limit".formatted(figure.getKey()));
      }
    }
    Instant due = publishedAt.plus(staleness);
    return now.isBefore(due)
        ? new Verdict.Wait(due)
        : new Verdict.Publish("%d s passed".formatted(staleness.toSeconds()));
  }

  private static boolean isQuantum(long before, long after, long limit) {
    BigInteger moved = BigInteger.valueOf(after).subtract(BigInteger.valueOf(before)).abs();
    BigInteger whole = BigInteger.valueOf(limit == 0 ? before : limit).abs();
    return moved.signum() > 0 && moved.multiply(PERCENT).compareTo(whole) >= 0;
  }
}
