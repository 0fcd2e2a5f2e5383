package dev.comptroller.decide.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BudgetStateTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final Window DAY = new Window(START, START.plusSeconds(86_400));

  private static BudgetState state(String amount, String spent, String rate, Instant now) {
    return BudgetState.linear(
        DAY, Money.parse(amount), Money.parse(spent), HourlyRate.parse(rate), false, now);
  }

  @Test
  void shouldForecastTheRestOfThePeriodAtTheBurnRate() {
    BudgetState state = state("100", "30", "5", START.plusSeconds(43_200));
    assertThat(state.forecast().atEnd()).isEqualTo(Money.parse("90"));
    assertThat(state.forecast().exhaustsAt()).isEmpty();
    assertThat(state.heatPercent()).isEqualTo(90);
    assertThat(state.spentPercent()).isEqualTo(30);
    assertThat(state.left()).isEqualTo(Money.parse("70"));
  }

  @Test
  void shouldSayWhenTheAmountRunsOut() {
    BudgetState state = state("100", "30", "10", START.plusSeconds(43_200));
    assertThat(state.forecast().exhaustsAt()).contains(START.plusSeconds(43_200 + 7 * 3600));
    assertThat(state.heatPercent()).isEqualTo(150);
  }

  @Test
  void shouldRunOutNowWhenNothingIsLeft() {
    Instant now = START.plusSeconds(60);
    assertThat(state("1", "1", "0", now).forecast().exhaustsAt()).contains(now);
    assertThat(state("1", "0.999999", "0", now).forecast().exhaustsAt()).isEmpty();
    assertThat(state("1", "0.999999", "0", now).heatPercent()).isEqualTo(99);
  }

  @Test
  void shouldRunOutAtTheVeryEndOfThePeriod() {
    assertThat(state("24", "0", "1", START).forecast().exhaustsAt()).contains(DAY.end());
    assertThat(state("24.000001", "0", "1", START).forecast().exhaustsAt()).isEmpty();
  }

  @Test
  void shouldCapHeatWhereAFigureStopsToMeanAnything() {
    assertThat(state("0.000001", "1000000", "1", START).heatPercent()).isEqualTo(9_999);
  }

  @Property
  void shouldReachTheAmountAtExhaustionAndNotASecondBefore(
      @ForAll @LongRange(min = 1, max = 1_000_000_000) long amount,
      @ForAll @LongRange(min = 0, max = 1_000_000_000) long spent,
      @ForAll @LongRange(min = 0, max = 100_000_000) long rate,
      @ForAll @IntRange(min = 0, max = 86_399) int second) {
    Instant now = START.plusSeconds(second);
    Money limit = new Money(amount);
    Forecast forecast = Forecast.linear(new Money(spent), new HourlyRate(rate), limit, DAY, now);
    forecast
        .exhaustsAt()
        .filter(at -> at.isAfter(now))
        .ifPresent(
            at -> {
              assertThat(after(spent, rate, now, at)).isGreaterThanOrEqualTo(3600 * amount);
              assertThat(after(spent, rate, now, at.minusSeconds(1))).isLessThan(3600 * amount);
              assertThat(at).isBeforeOrEqualTo(DAY.end());
            });
    if (forecast.exhaustsAt().isEmpty()) {
      assertThat(after(spent, rate, now, DAY.end())).isLessThan(3600 * amount);
    }
  }

  private static long after(long spent, long rate, Instant now, Instant at) {
    return 3600 * spent + rate * (at.getEpochSecond() - now.getEpochSecond());
  }
}
