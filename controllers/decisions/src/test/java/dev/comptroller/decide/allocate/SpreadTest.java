package dev.comptroller.decide.allocate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.allocate.Frontier.Way;
import dev.comptroller.decide.allocate.Spread.Stretch;
import dev.comptroller.decide.units.Money;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private static final long DOLLAR = 1_000_000;

  /// Small for 4 $/h serves ten times as much a dollar more as large for 16 $/h.
  private static Frontier asked(double tokens) {
    Way small = new Way(4 * DOLLAR, 60 * tokens);
    Way large = new Way(16 * DOLLAR, 90 * tokens);
    return Frontier.of(small, List.of(small, large));
  }

  private static Stretch hours(int hours, double tokens) {
    return new Stretch(3600L * hours, List.of(asked(tokens)));
  }

  private static Money dollars(long dollars) {
    return new Money(dollars * DOLLAR);
  }

  @Test
  void shouldBuyTheBetterRungForTheBusyHoursBeforeItBuysAnythingForTheQuietOnes() {
    List<Stretch> day = List.of(hours(12, 500), hours(12, 5_000));

    assertThat(Spread.of(day, dollars(12 * 4 + 12 * 16)).rates())
        .containsExactly(4 * DOLLAR, 16 * DOLLAR);
    assertThat(Spread.of(day, dollars(12 * 4 + 12 * 10)).rates().get(0)).isEqualTo(4 * DOLLAR);
    assertThat(Spread.of(day, dollars(12 * 10 + 12 * 16)).rates().get(1)).isEqualTo(16 * DOLLAR);
  }

  @Test
  void shouldGiveHoursOfTheSameDemandTheSame() {
    List<Stretch> day = List.of(hours(6, 2_000), hours(18, 2_000));

    List<Long> rates = Spread.of(day, dollars(24 * 10)).rates();

    assertThat(rates.get(0)).isEqualTo(rates.get(1)).isBetween(9_999_990L, 10 * DOLLAR);
  }

  @Test
  void shouldSpendAllOfTheMoneyAndNoMoreWhereItIsShort() {
    List<Stretch> day = IntStream.range(1, 25).mapToObj(hour -> hours(1, 200.0 * hour)).toList();
    for (int money = 24 * 4; money <= 24 * 16; money += 7) {
      List<Long> rates = Spread.of(day, dollars(money)).rates();

      assertThat(rates.stream().mapToLong(Long::longValue).sum())
          .isBetween(money * DOLLAR - 24_000, money * DOLLAR);
    }
  }

  @Test
  void shouldGiveEverythingWhereThereIsEnoughAndTheLeastWhereThereIsNot() {
    List<Stretch> day = List.of(hours(12, 500), hours(12, 5_000));

    assertThat(Spread.of(day, dollars(10_000)).rates()).containsExactly(16 * DOLLAR, 16 * DOLLAR);
    assertThat(Spread.of(day, dollars(1)).rates()).containsExactly(4 * DOLLAR, 4 * DOLLAR);
  }

  @Test
  void shouldNotTurnFromAllToNothingOverADifferenceThatNobodyCanMeasure() {
    for (double percent = 80; percent <= 120; percent += 1) {
      List<Stretch> day = List.of(hours(1, 20 * percent), hours(23, 2_000));
      List<Stretch> more = List.of(hours(1, 20 * (percent + 1)), hours(23, 2_000));

      long before = Spread.of(day, dollars(240)).rates().getFirst();
      long after = Spread.of(more, dollars(240)).rates().getFirst();

      assertThat(after - before).as("%s %%", percent).isBetween(0L, DOLLAR);
    }
  }
}
