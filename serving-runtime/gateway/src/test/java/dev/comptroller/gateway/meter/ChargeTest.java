package dev.comptroller.gateway.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChargeTest {
  private static PostedPrice price(long input, long cached, long output) {
    return new PostedPrice(1, "Declared", input, cached, output);
  }

  @Test
  void shouldRoundHalfUpOnceAfterAllClassesAreSummed() {
    assertThat(Charge.micros(new Usage(1, 0, 0, false), price(499_999, 0, 0))).isZero();
    assertThat(Charge.micros(new Usage(1, 0, 0, false), price(500_000, 0, 0))).isEqualTo(1);
    // 0.3 + 0.3 + 0.3: each alone would vanish
    assertThat(Charge.micros(new Usage(2, 1, 1, false), price(300_000, 300_000, 300_000)))
        .isEqualTo(1);
  }

  @Test
  void shouldEqualExactArithmetic() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      long cached = random.nextLong(100_000);
      Usage usage =
          new Usage(cached + random.nextLong(100_000), cached, random.nextLong(100_000), false);
      PostedPrice price =
          price(
              random.nextLong(90_000_000),
              random.nextLong(90_000_000),
              random.nextLong(90_000_000));
      BigDecimal exact =
          times(usage.uncached(), price.inputMicros())
              .add(times(usage.cached(), price.cachedInputMicros()))
              .add(times(usage.completion(), price.outputMicros()))
              .movePointLeft(6)
              .setScale(0, RoundingMode.HALF_UP);
      assertThat(Charge.micros(usage, price)).isEqualTo(exact.longValueExact());
    }
  }

  private static BigDecimal times(long a, long b) {
    return BigDecimal.valueOf(a).multiply(BigDecimal.valueOf(b));
  }

  @Test
  void shouldNeverWrapAround() {
    assertThatThrownBy(
            () -> Charge.micros(new Usage(Long.MAX_VALUE, 0, 0, false), price(1_000_000, 0, 0)))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void shouldWriteDollarsWithSixPlaces() {
    assertThat(Charge.dollars(0)).isEqualTo("0.000000");
    assertThat(Charge.dollars(92)).isEqualTo("0.000092");
    assertThat(Charge.dollars(12_345_678)).isEqualTo("12.345678");
  }
}
