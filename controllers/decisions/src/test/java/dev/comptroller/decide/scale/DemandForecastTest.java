package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.scale.DemandOutlook.Model;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DemandForecastTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
  private static final Duration AHEAD = Duration.ofMinutes(4);

  private static DemandSeen seen(
      int minute, WeekProfile profile, int count, DoubleUnaryOperator rate) {
    List<Double> minutes = new ArrayList<>();
    for (int i = minute - count; i < minute; i++) {
      minutes.add(Math.max(0, rate.applyAsDouble(i)));
    }
    return new DemandSeen(
        minutes.getLast(),
        minutes,
        START.plusSeconds(60L * minute),
        profile,
        0,
        0,
        List.of(),
        null);
  }

  private static double odds(double attainment) {
    return DemandForecast.odds(attainment, Surplus.DELAYS_ALL);
  }

  private static DemandOutlook forecast(DemandSeen seen, Duration ahead) {
    return DemandForecast.of(seen, ahead, odds(0.999), seen.until());
  }

  private static WeekProfile profile(DoubleUnaryOperator rate) {
    List<@Nullable Double> hours = new ArrayList<>();
    for (int hour = 0; hour < WeekProfile.HOURS; hour++) {
      hours.add(rate.applyAsDouble(hour * 60 + 30));
    }
    return new WeekProfile(hours, 3);
  }

  private static double daily(double minute) {
    return 1_000 - 900 * Math.cos(2 * Math.PI * minute / 1_440);
  }

  @Test
  void shouldTakeThePresentForTheFutureWhereNothingElseDoesBetter() {
    Random random = new Random(1);
    DemandSeen seen = seen(600, WeekProfile.UNKNOWN, 180, _ -> 1_000 + 100 * random.nextGaussian());
    DemandOutlook outlook = forecast(seen, AHEAD);
    assertThat(outlook.model()).isEqualTo(Model.LastValue);
    assertThat(outlook.margin()).isBetween(0.1, 0.6);
  }

  @Test
  void shouldFollowATrendThatHolds() {
    DemandOutlook outlook =
        forecast(seen(600, WeekProfile.UNKNOWN, 180, m -> 100 + 20 * (m - 400)), AHEAD);
    assertThat(outlook.model()).isEqualTo(Model.Trend);
    double busiest = 100 + 20 * (603 - 400);
    assertThat(outlook.need()).isBetween(busiest, busiest * 1.05);
  }

  @Test
  void shouldFollowTheHourOfTheWeekWhereThatBeatsTheLastValue() {
    // The steep part of the morning, seen 40 minutes ahead.
    DemandSeen seen =
        seen(6 * 60, profile(DemandForecastTest::daily), 180, DemandForecastTest::daily);
    DemandOutlook outlook = forecast(seen, Duration.ofMinutes(20));
    assertThat(outlook.model()).isNotEqualTo(Model.LastValue);
    assertThat(outlook.error()).isLessThan(outlook.plainError() / 2);
    assertThat(outlook.need()).isBetween(daily(380) * 0.98, daily(380) * 1.25);
  }

  @Test
  void shouldTurnAProfileOffThatIsWrong() {
    DemandSeen seen = seen(600, profile(m -> daily(m + 720)), 180, _ -> 1_000);
    DemandOutlook outlook = forecast(seen, AHEAD);
    assertThat(outlook.model()).isEqualTo(Model.LastValue);
    assertThat(outlook.need()).isEqualTo(1_000);
  }

  @Test
  void shouldCoverTheBusiestMinuteAheadInNearlyAllCases() {
    Random random = new Random(7);
    double[] rate = new double[20_000];
    double level = 1_000;
    for (int i = 0; i < rate.length; i++) {
      level += 0.05 * (daily(i) - level) + 10 * random.nextGaussian();
      rate[i] = Math.max(0, level + level * 0.08 * random.nextGaussian());
    }
    int covered = 0;
    int all = 0;
    double over = 0;
    for (int minute = 200; minute + 4 < rate.length; minute += 3) {
      DemandOutlook outlook =
          forecast(seen(minute, WeekProfile.UNKNOWN, 180, m -> rate[(int) m]), AHEAD);
      double busiest = 0;
      for (int i = minute; i < minute + 4; i++) {
        busiest = Math.max(busiest, rate[i]);
      }
      covered += busiest <= outlook.need() ? 1 : 0;
      over += outlook.need() / Math.max(1, busiest);
      all++;
    }
    assertThat((double) covered / all).isGreaterThan(0.85);
    assertThat(over / all).isLessThan(1.35);
  }

  @Test
  void shouldAllowForAFifthWhereNothingWasTried() {
    DemandOutlook outlook = forecast(seen(10, WeekProfile.UNKNOWN, 5, _ -> 100), AHEAD);
    assertThat(outlook.margin()).isEqualTo(DemandForecast.UNTRIED);
    assertThat(outlook.message()).isEqualTo("100 tokens/s expected within 240 s as now, +20 %");
  }

  @Test
  void shouldGoByTheLastMinuteAndNotByTheLastWholeOne() {
    // A rise by 20 a minute, half a minute after the last whole minute ended.
    DemandSeen whole = seen(600, WeekProfile.UNKNOWN, 180, m -> 100 + 20 * (m - 400));
    Instant now = whole.until().plusSeconds(30);
    DemandSeen seen =
        new DemandSeen(
            whole.latest() + 10,
            whole.minutes(),
            whole.until(),
            WeekProfile.UNKNOWN,
            0,
            0,
            List.of(),
            now);
    DemandOutlook outlook = DemandForecast.of(seen, AHEAD, odds(0.999), now);
    assertThat(outlook.model()).isEqualTo(Model.Trend);
    assertThat(outlook.level()).isEqualTo(whole.latest() + 10);
    assertThat(outlook.peak()).isCloseTo(whole.latest() + 10 + 4 * 20, Offset.offset(1e-6));
  }

  @Test
  void shouldSeeNoRiseInMinutesThatAreTooOld() {
    DemandSeen seen = seen(600, WeekProfile.UNKNOWN, 180, m -> 100 + 20 * (m - 400));
    DemandOutlook outlook =
        DemandForecast.of(seen, AHEAD, odds(0.999), seen.until().plus(Duration.ofMinutes(3)));
    assertThat(outlook.peak()).isEqualTo(seen.latest());
  }

  @Test
  void shouldTellWhatIsUsualFromWhatIsLeftOutByABadForecast() {
    Random random = new Random(1);
    DemandSeen seen = seen(600, WeekProfile.UNKNOWN, 180, _ -> 1_000 + 100 * random.nextGaussian());
    DemandOutlook outlook = forecast(seen, AHEAD);
    assertThat(outlook.usual()).isBetween(0.05, 0.15);
    assertThat(outlook.usually()).isLessThan(outlook.need() * 0.95);
  }

  @Test
  void shouldSeeTheBeginningOfAJumpBeforeALineThroughItDoes() {
    Random random = new Random(3);
    double[] rate = new double[600];
    for (int i = 0; i < rate.length; i++) {
      rate[i] = 1_000 + 15 * random.nextGaussian();
    }
    DemandSeen calm = seen(600, WeekProfile.UNKNOWN, 180, m -> rate[(int) m]);
    double before = rate[598];
    rate[599] = before + 100;
    DemandSeen jumps = seen(600, WeekProfile.UNKNOWN, 180, m -> rate[(int) m]);
    assertThat(forecast(calm, AHEAD).need()).isLessThan(1_120);
    // The rise goes on for four minutes, and the level is of half a minute ago.
    assertThat(forecast(jumps, AHEAD).peak()).isCloseTo(before + 550, Offset.offset(1e-6));
  }

  @Test
  void shouldAllowForMoreWhereMoreIsPromised() {
    Random random = new Random(5);
    DemandSeen seen = seen(600, WeekProfile.UNKNOWN, 180, _ -> 1_000 + 100 * random.nextGaussian());
    double before = -1;
    for (double attainment : new double[] {0.5, 0.9, 0.99, 0.995, 0.999, 0.9999}) {
      double margin = DemandForecast.of(seen, AHEAD, odds(attainment), seen.until()).margin();
      assertThat(margin).as("for %s", attainment).isGreaterThanOrEqualTo(before);
      before = margin;
    }
    assertThat(odds(0.5)).isEqualTo(0.8);
    assertThat(odds(0.99)).isCloseTo(0.8, Offset.offset(1e-9));
    assertThat(odds(0.999)).isCloseTo(0.93, Offset.offset(1e-3));
    assertThat(DemandForecast.of(seen, AHEAD, odds(0.999), seen.until()).margin())
        .isGreaterThan(DemandForecast.of(seen, AHEAD, odds(0.9), seen.until()).margin() + 0.005);
  }

  @Test
  void shouldAllowForLessWhereOnlyTheSurplusIsLateButForMoreWhereMoreIsPromised() {
    double before = 0;
    for (double attainment : new double[] {0.5, 0.9, 0.99, 0.995, 0.999, 0.9999}) {
      double alone = DemandForecast.odds(attainment, Surplus.IS_REFUSED);
      assertThat(alone).as("for %s", attainment).isGreaterThanOrEqualTo(before);
      assertThat(alone).as("for %s", attainment).isLessThan(odds(attainment));
      before = alone;
    }
    assertThat(DemandForecast.odds(0.5, Surplus.IS_REFUSED)).isEqualTo(0.65);
    assertThat(DemandForecast.odds(0.999, Surplus.IS_REFUSED)).isCloseTo(0.81, Offset.offset(1e-3));
  }

  @Test
  void shouldForetellAJobBeforeItComesAndSaySo() {
    // High for ten minutes of every thirty: the next rise is at minute 600.
    DemandSeen seen =
        seen(598, WeekProfile.UNKNOWN, 180, minute -> minute % 30 < 10 ? 6_000 : 1_000);
    DemandOutlook outlook = forecast(seen, AHEAD);
    assertThat(outlook.model()).isEqualTo(Model.Recurring);
    assertThat(outlook.level()).isEqualTo(1_000);
    assertThat(outlook.need()).isEqualTo(6_000);
    assertThat(outlook.error()).isLessThan(outlook.plainError() / 10);
    assertThat(outlook.message())
        .isEqualTo("6000 tokens/s expected within 240 s as 30 min ago, +0 %");
    DemandSeen early =
        seen(595, WeekProfile.UNKNOWN, 180, minute -> minute % 30 < 10 ? 6_000 : 1_000);
    assertThat(forecast(early, AHEAD).need()).isEqualTo(1_000);
  }

  /// Half a minute after a minute, where `high` minutes of every `every` ask for 6,000 and the
  /// others for 1,000.
  private static DemandOutlook after(int minute, int every, int high, double latest) {
    DemandSeen whole =
        seen(minute, WeekProfile.UNKNOWN, 180, m -> m % every < high ? 6_000 : 1_000);
    DemandSeen seen =
        new DemandSeen(
            latest, whole.minutes(), whole.until(), WeekProfile.UNKNOWN, 0, 0, List.of(), null);
    return DemandForecast.of(seen, AHEAD, odds(0.999), whole.until().plusSeconds(30));
  }

  @Test
  void shouldKnowThatAForetoldFallIsOverInTheMiddleOfTheMinuteThatShowsIt() {
    DemandOutlook outlook = after(610, 30, 10, 3_500);
    assertThat(outlook.falls()).isTrue();
    assertThat(outlook.need()).isEqualTo(1_000);
  }

  @Test
  void shouldNotTakeAFallForGrantedThatIsLateOrNotForetoldOrTooShortToStartAgainIn() {
    DemandOutlook late = after(610, 30, 10, 5_500);
    assertThat(late.falls()).isFalse();
    assertThat(late.need()).isGreaterThanOrEqualTo(5_500);
    DemandOutlook early = after(608, 30, 10, 3_500);
    assertThat(early.falls()).isFalse();
    assertThat(early.need()).isEqualTo(6_000);
    // It rises again in 7 minutes: a replica that leaves and one that starts take 8.
    DemandOutlook brief = after(603, 10, 3, 3_500);
    assertThat(brief.model()).isEqualTo(Model.Recurring);
    assertThat(brief.falls()).isFalse();
  }

  @Test
  void shouldTurnARepetitionOffThatForetellsHardlyBetterThanTheLevel() {
    Random random = new Random(11);
    DemandSeen seen =
        seen(
            600,
            WeekProfile.UNKNOWN,
            180,
            m -> 3_000 + 1_000 * Math.sin(2 * Math.PI * m / 60) + 200 * random.nextGaussian());
    double[] minutes = seen.minutes().stream().mapToDouble(Double::doubleValue).toArray();
    assertThat(Recurrence.find(minutes)).isEqualTo(new Recurrence(60));
    assertThat(forecast(seen, Duration.ofMinutes(1)).model()).isNotEqualTo(Model.Recurring);
    assertThat(forecast(seen, Duration.ofMinutes(8)).model()).isEqualTo(Model.Recurring);
  }

  @Property(tries = 100)
  void shouldHardlyMissMoreOnWalksWithJumpsThanWithoutRepetitions(@ForAll long seed) {
    Random random = new Random(seed);
    double[] rate = new double[900];
    double level = 2_000;
    for (int i = 0; i < rate.length; i++) {
      level = random.nextInt(60) == 0 ? 6_000 * random.nextDouble() : level;
      level = Math.max(0, level + 40 * random.nextGaussian());
      rate[i] = level;
    }
    int all = 0;
    int worse = 0;
    for (int minute = 180; minute + 4 < rate.length; minute++) {
      DemandSeen seen = seen(minute, WeekProfile.UNKNOWN, 180, m -> rate[(int) m]);
      double[] minutes = seen.minutes().stream().mapToDouble(Double::doubleValue).toArray();
      double with = forecast(seen, AHEAD).need();
      double without =
          DemandForecast.of(seen, minutes, null, AHEAD, AHEAD, odds(0.999), seen.until()).need();
      double busiest = 0;
      for (int i = minute; i < minute + 4; i++) {
        busiest = Math.max(busiest, rate[i]);
      }
      worse += with < busiest && without >= busiest ? 1 : 0;
      worse -= with >= busiest && without < busiest ? 1 : 0;
      all++;
    }
    assertThat((double) worse / all).isLessThanOrEqualTo(0.01);
  }

  @Property(tries = 100)
  void shouldCoverJobsThatComeAgainAsOftenAsItPromises(
      @ForAll long seed, @ForAll @IntRange(min = 10, max = 60) int every) {
    Random random = new Random(seed);
    int lasts = 2 + random.nextInt(every - 4);
    double[] rate = new double[600];
    for (int i = 0; i < rate.length; i++) {
      double level = i % every < lasts ? 6_000 : 1_000;
      rate[i] = Math.max(0, level + 3 * Math.sqrt(level) * random.nextGaussian());
    }
    int covered = 0;
    int foretold = 0;
    for (int minute = 180; minute + 4 < rate.length; minute += 3) {
      DemandOutlook outlook =
          forecast(seen(minute, WeekProfile.UNKNOWN, 180, m -> rate[(int) m]), AHEAD);
      if (outlook.model() == Model.Recurring) {
        double busiest = 0;
        for (int i = minute; i < minute + 4; i++) {
          busiest = Math.max(busiest, rate[i]);
        }
        covered += busiest <= outlook.need() ? 1 : 0;
        foretold++;
      }
    }
    assertThat(foretold).as("every %d minutes for %d", every, lasts).isGreaterThan(100);
    assertThat((double) covered / foretold).isGreaterThan(0.8);
  }

  @Property(tries = 200)
  void shouldNeverExpectLessThanTheLastMinuteBeforeAForetoldFallNorMoreThanItsModelsCan(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 200) int known) {
    Random random = new Random(seed);
    double most = 1;
    List<Double> minutes = new ArrayList<>();
    for (int i = 0; i < known; i++) {
      double rate = random.nextInt(5) == 0 ? 0 : 1_000 * random.nextDouble();
      minutes.add(rate);
      most = Math.max(most, rate);
    }
    double latest = 1_000 * random.nextDouble();
    Instant until = START.plusSeconds(60L * known);
    DemandSeen seen =
        new DemandSeen(latest, minutes, until, WeekProfile.UNKNOWN, 0, 0, List.of(), null);
    DemandOutlook outlook =
        DemandForecast.of(seen, AHEAD, odds(0.999), until.plusMillis(random.nextInt(240_000)));
    if (!outlook.falls()) {
      assertThat(outlook.need()).isGreaterThanOrEqualTo(latest * (1 - 1e-9));
    }
    assertThat(outlook.margin()).isBetween(0.0, 1.0);
    // The steepest rise from minute to minute, as long as it takes and half a minute more.
    double steepest = 1.5 + AHEAD.toMillis() / 60_000.0;
    assertThat(outlook.peak()).isLessThanOrEqualTo(steepest * Math.max(most, latest) + 1e-6);
  }
}
