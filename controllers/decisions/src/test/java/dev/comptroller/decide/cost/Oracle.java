package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An independent bill: second by second, in decimals of 60 digits, with its own look-up of prices.
final class Oracle {
  private static final MathContext DIGITS = new MathContext(60);

  private Oracle() {}

  static long micros(
      List<ReplicaInterval> intervals, PriceBooks books, Instant from, Instant to, Instant now) {
    BigDecimal sum = BigDecimal.ZERO;
    for (ReplicaInterval interval : intervals) {
      PriceBook book = books.byPool().get(interval.pool());
      if (book == null) {
        throw new IllegalStateException("the oracle knows no pool " + interval.pool());
      }
      long start = Math.max(interval.start().getEpochSecond(), from.getEpochSecond());
      long end = Math.min(interval.endAt(now).getEpochSecond(), to.getEpochSecond());
      for (long second = start; second < end; second++) {
        BigDecimal price = price(book, interval.type(), Instant.ofEpochSecond(second));
        BigDecimal gpuSecond = price.divide(new BigDecimal(book.gpusPerNode() * 3600L), DIGITS);
        sum = sum.add(gpuSecond.multiply(new BigDecimal(interval.gpus())), DIGITS);
      }
    }
    return sum.setScale(20, RoundingMode.HALF_UP)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }

  private static BigDecimal price(PriceBook book, CapacityType type, Instant at) {
    BigDecimal highest = BigDecimal.valueOf(-1);
    for (CapacityType each : CapacityType.values()) {
      Price best = latest(book, each, at);
      if (best != null && each == type) {
        return micros(best);
      }
      highest = best == null ? highest : highest.max(micros(best));
    }
    if (highest.signum() < 0) {
      for (Price any : book.prices()) {
        highest = highest.max(micros(any));
      }
    }
    return highest;
  }

  private static @Nullable Price latest(PriceBook book, CapacityType type, Instant at) {
    Price best = null;
    for (Price price : book.prices()) {
      boolean begun = price.from() == null || price.from().compareTo(at) <= 0;
      boolean ended = price.until() != null && price.until().compareTo(at) <= 0;
      if (price.type() == type && begun && !ended && (best == null || supersedes(price, best))) {
        best = price;
      }
    }
    return best;
  }

  private static boolean supersedes(Price candidate, Price best) {
    long left = candidate.from() == null ? Long.MIN_VALUE : candidate.from().getEpochSecond();
    long right = best.from() == null ? Long.MIN_VALUE : best.from().getEpochSecond();
    return left > right || (left == right && micros(candidate).compareTo(micros(best)) > 0);
  }

  private static BigDecimal micros(Price price) {
    return new BigDecimal(price.perNodeHour().microsPerHour());
  }
}
