package dev.comptroller.decide.allocate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.allocate.Frontier.Cost;
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
    Way small = new Way(Cost.always(4 * DOLLAR), 60 * tokens);
    Way large = new Way(Cost.always(16 * DOLLAR), 90 * tokens);
    return Frontier.of(small, List.of(small, large));
  }

  private static Stretch hours(int hours, double tokens) {
    return new Stretch(3600L * hours, List.of(asked(tokens)));
  }

  private static List<Long> rates(List<Stretch> day, long dollars) {
    return Spread.of(day, dollars(dollars)).rates().stream().map(Cost::mean).toList();
  }

  private static Money dollars(long dollars) {
    return new Money(dollars * DOLLAR);
  }

  @Test
  void shouldBuyTheBetterRungForTheBusyHoursBeforeItBuysAnythingForTheQuietOnes() {
    List<Stretch> day = List.of(hours(12, 500), hours(12, 5_000));

    assertThat(rates(day, 12 * 4 + 12 * 16)).containsExactly(4 * DOLLAR, 16 * DOLLAR);
    assertThat(rates(day, 12 * 4 + 12 * 10).get(0)).isEqualTo(4 * DOLLAR);
    assertThat(rates(day, 12 * 10 + 12 * 16).get(1)).isEqualTo(16 * DOLLAR);
  }

  @Test
  void shouldGiveHoursOfTheSameDemandTheSame() {
    List<Stretch> day = List.of(hours(6, 2_000), hours(18, 2_000));

    List<Long> rates = rates(day, 24 * 10);

    assertThat(rates.get(0)).isEqualTo(rates.get(1)).isBetween(9_999_990L, 10 * DOLLAR);
  }

  @Test
  void shouldSpendAllOfTheMoneyAndNoMoreWhereItIsShort() {
    List<Stretch> day = IntStream.range(1, 25).mapToObj(hour -> hours(1, 200.0 * hour)).toList();
    for (int money = 24 * 4; money <= 24 * 16; money += 7) {
      List<Long> rates = rates(day, money);

      assertThat(rates.stream().mapToLong(Long::longValue).sum())
          .isBetween(money * DOLLAR - 24_000, money * DOLLAR);
    }
  }

  @Test
  void shouldGiveEverythingWhereThereIsEnoughAndTheLeastWhereThereIsNot() {
    List<Stretch> day = List.of(hours(12, 500), hours(12, 5_000));

    assertThat(rates(day, 10_000)).containsExactly(16 * DOLLAR, 16 * DOLLAR);
    assertThat(rates(day, 1)).containsExactly(4 * DOLLAR, 4 * DOLLAR);
  }

  @Test
  void shouldTellWhatTheLastDollarGains() {
    List<Stretch> day = List.of(hours(12, 500), hours(12, 5_000));
    double busy = 30 * 5_000 / (12.0 * DOLLAR);

    assertThat(Spread.of(day, dollars(12 * 4 + 12 * 6)).margin()).isEqualTo(busy);
    assertThat(Spread.of(day, dollars(12 * 4 + 12 * 14)).margin()).isEqualTo(busy);
    assertThat(Spread.of(day, dollars(12 * 10 + 12 * 16)).margin()).isEqualTo(busy / 10);
  }

  @Test
  void shouldNotTurnFromAllToNothingOverADifferenceThatNobodyCanMeasure() {
    for (double percent = 80; percent <= 120; percent += 1) {
      List<Stretch> day = List.of(hours(1, 20 * percent), hours(23, 2_000));
      List<Stretch> more = List.of(hours(1, 20 * (percent + 1)), hours(23, 2_000));

      long before = rates(day, 240).getFirst();
      long after = rates(more, 240).getFirst();

      assertThat(after - before).as("%s %%", percent).isBetween(0L, DOLLAR);
    }
  }

  @Test
  void shouldGiveThePresentDemandItsPartOfWhatIsSpentOnAverage() {
    Way small = new Way(new Cost(6 * DOLLAR, 8 * DOLLAR), 60);
    Way medium = new Way(new Cost(12 * DOLLAR, 16 * DOLLAR), 75);
    Stretch day = new Stretch(24 * 3600L, List.of(Frontier.of(small, List.of(small, medium))));

    assertThat(Spread.of(List.of(day), dollars(24 * 12)).rates())
        .containsExactly(new Cost(12 * DOLLAR, 16 * DOLLAR));
    assertThat(Spread.of(List.of(day), dollars(24 * 9)).rates().getFirst().present())
        .isBetween(11_999_000L, 12 * DOLLAR);
  }
}
