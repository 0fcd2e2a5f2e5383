package dev.comptroller.decide.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.units.Money;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TrueUpTest {
  private static final TrueUp.Key LARGE = new TrueUp.Key("chat", "large");
  private static final TrueUp.Key SMALL = new TrueUp.Key("chat", "small");

  @Test
  void shouldTellPerVariantWhatChargesMissedAndWhatTheyOverdid() {
    TrueUp trueUp =
        TrueUp.of(
            List.of(
                new TrueUp.Entry(SMALL, Money.parse("1.00"), Money.parse("1.25")),
                new TrueUp.Entry(LARGE, Money.parse("3.000001"), Money.parse("2")),
                new TrueUp.Entry(LARGE, Money.parse("1"), Money.parse("1.5"))));
    assertThat(trueUp.byVariant().values())
        .extracting(TrueUp.Line::difference)
        .containsExactly(Money.parse("0.500001"), new Money(-250_000));
    assertThat(trueUp.byVariant()).containsOnlyKeys(LARGE, SMALL);
    assertThat(trueUp.total()).isEqualTo(Money.parse("0.250001"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrueUp.Entry(LARGE, new Money(-1), Money.ZERO))
        .withMessageContaining("not zero or more");
  }

  @Test
  void shouldSumToMeasuredLessChargedWhateverTheOrder() {
    Random random = new Random(7);
    List<TrueUp.Entry> entries = new ArrayList<>();
    long difference = 0;
    for (int i = 0; i < 500; i++) {
      long measured = random.nextInt(1_000_000);
      long charged = random.nextInt(1_000_000) - 1_000L;
      difference += measured - charged;
      entries.add(
          new TrueUp.Entry(
              new TrueUp.Key("d" + random.nextInt(3), "v" + random.nextInt(3)),
              new Money(measured),
              new Money(charged)));
    }
    TrueUp trueUp = TrueUp.of(entries);
    assertThat(trueUp.total()).isEqualTo(new Money(difference));
    Collections.shuffle(entries, random);
    assertThat(TrueUp.of(entries)).isEqualTo(trueUp);
  }
}
