package dev.comptroller.decide.units;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class MoneyTest {
  @Test
  void shouldReadAndPrintDecimals() {
    assertThat(Money.parse("19.00")).isEqualTo(new Money(19_000_000));
    assertThat(Money.parse("19")).hasToString("19.00");
    assertThat(Money.parse("0.000001")).hasToString("0.000001");
    assertThat(Money.parse("1.2300000000")).hasToString("1.23");
    assertThat(Money.parse("2.675").print(2)).isEqualTo("2.68");
    assertThat(new Money(-1_500_000)).hasToString("-1.50");
  }

  @Test
  void shouldRefuseANegativeAmount() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Money.parse("-1"))
        .withMessageContaining("\"-1\" is negative");
  }

  @Test
  void shouldSayWhatIsWrongWithText() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Money.parse("19,00"))
        .withMessage("\"19,00\" is not an amount of dollars like \"19.00\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Money.parse("0.0000001"))
        .withMessageContaining("more than 6 decimals");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Money.parse("9223372036854.775808"))
        .withMessageContaining("is larger than 9223372036854.775807");
    for (String bad : new String[] {"", " ", "1e3", "$5", "1.", ".5", "+1", "NaN", "１"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> Money.parse(bad));
    }
  }

  @Test
  void shouldNeverWrapAround() {
    assertThatThrownBy(() -> Money.MAX.plus(new Money(1))).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Money.MAX.times(2)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> new Money(Long.MIN_VALUE).minus(new Money(1)))
        .isInstanceOf(ArithmeticException.class);
    BigInteger huge = BigInteger.ONE.shiftLeft(70);
    assertThatThrownBy(() -> Money.ofMicros(huge, BigInteger.ONE))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("micro-dollars");
  }

  @Test
  void shouldRoundTiesUp() {
    assertThat(Money.ofMicros(BigInteger.valueOf(5), BigInteger.TWO)).isEqualTo(new Money(3));
    assertThat(Money.ofMicros(BigInteger.valueOf(-5), BigInteger.TWO)).isEqualTo(new Money(-3));
  }

  @Property
  void shouldReadBackWhatItPrints(@ForAll @LongRange(min = 0) long micros) {
    assertThat(Money.parse(new Money(micros).toString())).isEqualTo(new Money(micros));
  }

  @Property
  void shouldDivideAsBigDecimalDoes(
      @ForAll @LongRange(min = 0, max = 1L << 50) long numerator,
      @ForAll @LongRange(min = 1, max = 1 << 20) long denominator) {
    long expected =
        new BigDecimal(numerator)
            .divide(new BigDecimal(denominator), 0, RoundingMode.HALF_UP)
            .longValueExact();
    assertThat(Money.ofMicros(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator)))
        .isEqualTo(new Money(expected));
  }
}
