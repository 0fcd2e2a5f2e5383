package dev.comptroller.gateway.money;

import dev.comptroller.gateway.meter.Charge;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.math.BigInteger;

/// What tokens cost at a posted price and a tariff. Pure.
///
/// @param tariffPercent of the price that is charged, 0 to 100
public record Cost(PostedPrice price, int tariffPercent) {
  private static final long PER = 100_000_000;

  /// What a usage is charged.
  public long of(Usage usage) {
    return Charge.micros(usage, price, tariffPercent);
  }

  /// The most that some tokens can be charged, whatever a cache gives.
  public long worst(long input, long output) {
    long dearest = Math.max(price.inputMicros(), price.cachedInputMicros());
    BigInteger sum =
        BigInteger.valueOf(input)
            .multiply(BigInteger.valueOf(dearest))
            .add(BigInteger.valueOf(output).multiply(BigInteger.valueOf(price.outputMicros())))
            .multiply(BigInteger.valueOf(tariffPercent));
    return sum.add(BigInteger.valueOf(PER - 1)).divide(BigInteger.valueOf(PER)).longValueExact();
  }

  /// The most output tokens that are affordable beside an input; negative if the input is not, the
  /// largest number if output is free.
  public long affordable(long micros, long input) {
    long left = micros - worst(input, 0);
    long each = Math.multiplyExact(price.outputMicros(), tariffPercent);
    if (left < 0) {
      return -1;
    }
    // One micro-dollar less, because input and output are rounded together.
    return each == 0
        ? Long.MAX_VALUE
        : Math.max(0, left - 1) > Long.MAX_VALUE / PER
            ? Long.MAX_VALUE
            : Math.max(0, left - 1) * PER / each;
  }
}
