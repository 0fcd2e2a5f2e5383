package dev.comptroller.gateway.meter;

import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.math.BigDecimal;

/// What a request is charged: tokens times posted price times tariff.
///
/// Rounded half up to a whole micro-dollar once per request, after the token classes are summed.
public final class Charge {
  private static final long PER = 1_000_000;
  private static final int WHOLE = 100;

  private Charge() {}

  /// Micro-dollars for a usage at a price. Throws ArithmeticException beyond nine trillion dollars.
  public static long micros(Usage usage, PostedPrice price) {
    return micros(usage, price, WHOLE);
  }

  /// Micro-dollars for a usage at a price and a tariff, rounded once, after the tariff.
  ///
  /// @param tariffPercent of the price that is charged, 0 to 100
  public static long micros(Usage usage, PostedPrice price, int tariffPercent) {
    long sum = sum(usage, price);
    long per = PER * WHOLE;
    long rest = sum % per * tariffPercent;
    return sum / per * tariffPercent + rest / per + (rest % per >= per / 2 ? 1 : 0);
  }

  /// Micro-dollars as a plain decimal number of dollars with six places.
  public static String dollars(long micros) {
    return BigDecimal.valueOf(micros, 6).toPlainString();
  }

  private static long sum(Usage usage, PostedPrice price) {
    return Math.addExact(
        Math.addExact(
            Math.multiplyExact(usage.uncached(), price.inputMicros()),
            Math.multiplyExact(usage.cached(), price.cachedInputMicros())),
        Math.multiplyExact(usage.completion(), price.outputMicros()));
  }
}
