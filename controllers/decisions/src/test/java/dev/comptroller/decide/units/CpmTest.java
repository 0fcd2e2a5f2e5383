package dev.comptroller.decide.units;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class CpmTest {
  @Test
  void shouldPriceAMillionTokensFromRateAndSpeed() {
    Cpm cpm = Cpm.of(HourlyRate.parse("19"), TokensPerSecond.of(2800)).orElseThrow();
    assertThat(cpm.print(4)).isEqualTo("1.8849");
    assertThat(cpm.tokensPerDollar()).contains(new Tokens(530_526));
  }

  @Test
  void shouldHaveNoPriceWhenNothingIsProduced() {
    assertThat(Cpm.of(HourlyRate.parse("19"), TokensPerSecond.ZERO)).isEmpty();
    assertThat(Cpm.of(Money.parse("19"), Tokens.ZERO)).isEmpty();
    assertThat(Cpm.parse("0").tokensPerDollar()).isEmpty();
  }

  @Test
  void shouldHaveNoPriceThatDoesNotFit() {
    assertThat(Cpm.of(Money.MAX, new Tokens(1))).isEmpty();
  }

  @Property
  void shouldAgreeWithBigDecimal(
      @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long microsPerHour,
      @ForAll @LongRange(min = 1, max = 10_000_000_000L) long thousandths) {
    BigDecimal tokensPerHour = new BigDecimal(thousandths).movePointLeft(3).multiply(hour());
    BigDecimal expected =
        new BigDecimal(microsPerHour)
            .movePointRight(6)
            .divide(tokensPerHour, 0, RoundingMode.HALF_UP);
    assertThat(Cpm.of(new HourlyRate(microsPerHour), new TokensPerSecond(thousandths)))
        .contains(new Cpm(expected.longValueExact()));
  }

  private static BigDecimal hour() {
    return new BigDecimal(3600);
  }
}
