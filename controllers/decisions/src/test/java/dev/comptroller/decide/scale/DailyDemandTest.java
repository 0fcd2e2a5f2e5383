package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.scale.DemandOutlook.Model;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// What comes every day at the same minute is foretold to the minute, as soon as a day and three
/// hours are known, and no longer than it comes.
class DailyDemandTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
  private static final Duration AHEAD = Duration.ofMinutes(3);
  private static final double ODDS = DemandForecast.odds(0.999, Surplus.DELAYS_ALL);
  private static final int DAY = 1_440;
  private static final int HOURS = 180;

  /// What is known at a minute.
  private static DemandSeen seen(int minute, IntToDoubleFunction rate) {
    List<Double> known = new ArrayList<>();
    for (int i = Math.max(0, minute - 2 * DAY - HOURS); i < minute; i++) {
      known.add(Math.max(0, rate.applyAsDouble(i)));
    }
    int old = Math.max(0, known.size() - HOURS);
    return seen(
        known.getLast(),
        known.subList(old, known.size()),
        known.subList(0, old),
        START.plusSeconds(60L * minute));
  }

  private static DemandSeen seen(
      double latest, List<Double> minutes, List<Double> before, Instant until) {
    return new DemandSeen(
        latest,
        minutes,
        before,
        List.of(),
        Pulse.EVEN,
        until,
        WeekProfile.UNKNOWN,
        0,
        0,
        List.of(),
        null);
  }

  private static DemandOutlook forecast(DemandSeen seen) {
    return DemandForecast.of(seen, AHEAD, ODDS, seen.until());
  }

  /// An office that works from nine to five.
  private static double office(int minute) {
    int of = minute % DAY;
    return of >= 9 * 60 && of < 17 * 60 ? 6_000 : 1_000;
  }

  @Test
  void shouldForetellFromTheThirdDayOnWhatCameTwiceAtTheSameMinute() {
    int nine = 2 * DAY + 9 * 60;

    DemandOutlook outlook = forecast(seen(nine - 2, DailyDemandTest::office));

    assertThat(outlook.model()).isEqualTo(Model.Daily);
    assertThat(outlook.level()).isEqualTo(1_000);
    assertThat(outlook.need()).isEqualTo(6_000);
    assertThat(outlook.every()).isZero();
    assertThat(outlook.message())
        .isEqualTo("6000 tokens/s expected within 180 s as a day ago, +0 %");
    assertThat(forecast(seen(nine - 4, DailyDemandTest::office)).need()).isEqualTo(1_000);
    assertThat(forecast(seen(nine - DAY - 2, DailyDemandTest::office)).need())
        .as("which came once")
        .isEqualTo(1_000);
  }

  @Test
  void shouldForetellOnTheSecondDayWhereTheLastHoursWereAsADayAgo() {
    // Up and down every two hours: the last three hours tell.
    IntToDoubleFunction wave = minute -> minute / 120 % 2 == 0 ? 6_000 : 1_000;

    assertThat(forecast(seen(DAY + 238, wave)).need()).isEqualTo(6_000);
    assertThat(forecast(seen(DAY + HOURS - 1, wave)).model()).isNotEqualTo(Model.Daily);
  }

  @Test
  void shouldLookForItAsFarAheadAsItIsToldTo() {
    int nine = 2 * DAY + 9 * 60;
    DemandSeen seen = seen(nine - 5, DailyDemandTest::office);

    DemandOutlook far = DemandForecast.of(seen, AHEAD, AHEAD.multipliedBy(2), ODDS, seen.until());

    assertThat(forecast(seen).need()).isEqualTo(1_000);
    assertThat(far.need()).isEqualTo(6_000);
    assertThat(far.ahead()).isEqualTo(AHEAD.multipliedBy(2));
  }

  @Test
  void shouldGiveUpADayOnWhichNothingComesAfterTwoMinutesAndUntilItIsAsBefore() {
    int nine = 2 * DAY + 9 * 60;
    IntToDoubleFunction holiday = minute -> minute < 2 * DAY ? office(minute) : 1_000;

    assertThat(forecast(seen(nine, holiday)).need()).isEqualTo(6_000);
    assertThat(forecast(seen(nine + 1, holiday)).need()).isEqualTo(6_000);
    for (int minute = nine + 2; minute < nine + 8 * 60; minute++) {
      assertThat(forecast(seen(minute, holiday)).need()).isEqualTo(1_000);
    }
  }

  @Test
  void shouldLetGoAtOnceWhenItEndsAsADayAgo() {
    int five = 2 * DAY + 17 * 60;
    DemandSeen whole = seen(five, DailyDemandTest::office);
    DemandSeen falling = seen(2_000, whole.minutes(), whole.before(), whole.until());

    DemandOutlook outlook = DemandForecast.of(falling, AHEAD, ODDS, whole.until().plusSeconds(45));

    assertThat(outlook.model()).isEqualTo(Model.Daily);
    assertThat(outlook.falls()).isTrue();
    assertThat(outlook.need()).isEqualTo(1_000);
  }

  @Test
  void shouldGoByTheShorterRepetitionWhereBothAreKnown() {
    IntToDoubleFunction half = minute -> minute % 30 < 10 ? 6_000 : 1_000;

    DemandOutlook outlook = forecast(seen(2 * DAY + 28, half));

    assertThat(outlook.model()).isEqualTo(Model.Recurring);
    assertThat(outlook.every()).isEqualTo(30);
  }

  @Property(tries = 50)
  void shouldCoverNoisyDaysAsOftenAsItPromises(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = DAY - 1) int begins) {
    Random random = new Random(seed);
    int lasts = 60 + random.nextInt(600);
    double[] rate = new double[4 * DAY];
    for (int i = 0; i < rate.length; i++) {
      double level = (i + DAY - begins) % DAY < lasts ? 6_000 : 1_000;
      rate[i] = Math.max(0, level + 2 * Math.sqrt(level) * random.nextGaussian());
    }
    int daily = 0;
    int covered = 0;
    int all = 0;
    for (int minute = 2 * DAY + HOURS; minute + 3 < rate.length; minute += 7) {
      DemandOutlook outlook = forecast(seen(minute, i -> rate[i]));
      double came = Math.max(Math.max(rate[minute], rate[minute + 1]), rate[minute + 2]);
      if (outlook.model() == Model.Daily) {
        daily++;
        covered += came <= outlook.need() ? 1 : 0;
      }
      all++;
    }
    assertThat(daily).as("of %d", all).isGreaterThan(all * 8 / 10);
    assertThat((double) covered / daily).isGreaterThan(0.85);
  }

  @Property(tries = 50)
  void shouldFindNoDaysInNoise(@ForAll long seed) {
    Random random = new Random(seed);
    double[] rate = new double[3 * DAY];
    for (int i = 0; i < rate.length; i++) {
      rate[i] = Math.max(0, 3_000 + 500 * random.nextGaussian());
    }
    for (int minute = DAY + HOURS; minute < rate.length; minute += 7) {
      assertThat(forecast(seen(minute, i -> rate[i])).model()).isNotEqualTo(Model.Daily);
    }
  }

  @Property(tries = 50)
  void shouldFindNoDaysInWalksWithJumps(@ForAll long seed) {
    Random random = new Random(seed);
    double[] rate = new double[3 * DAY];
    double level = 2_000;
    for (int i = 0; i < rate.length; i++) {
      level = random.nextInt(60) == 0 ? 6_000 * random.nextDouble() : level;
      level = Math.max(0, level + 40 * random.nextGaussian());
      rate[i] = level;
    }
    for (int minute = DAY + HOURS; minute < rate.length; minute += 7) {
      assertThat(forecast(seen(minute, i -> rate[i])).model()).isNotEqualTo(Model.Daily);
    }
  }
}
