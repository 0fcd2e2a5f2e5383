package dev.comptroller.decide.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Forecast;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class OutlookTest {
  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final Window DAY =
      new Window(Instant.parse("2026-03-10T00:00:00Z"), Instant.parse("2026-03-11T00:00:00Z"));

  /// What an hour of the day costs: nothing at night, $10 from 8 to 20.
  private static Money office(Instant hour, ZoneId zone) {
    int of = hour.atZone(zone).getHour();
    return of >= 8 && of < 20 ? Money.parse("10") : Money.ZERO;
  }

  private static List<HourSpend> history(int hours, Instant until, ZoneId zone) {
    List<HourSpend> history = new ArrayList<>();
    for (int back = 1; back <= hours; back++) {
      Instant hour = HourSpend.floor(until).minusSeconds(3600L * back);
      history.add(new HourSpend(hour, office(hour, zone)));
    }
    return history;
  }

  private static Outlook outlook(List<HourSpend> history, Instant now) {
    return Outlook.of(
        history,
        ZoneOffset.UTC,
        DAY,
        Money.parse("100"),
        Money.parse("40"),
        HourlyRate.parse("10"),
        now);
  }

  @Test
  void shouldForecastByHourOfDayOnceThereAreTwoDays() {
    Outlook outlook = outlook(history(48, NOON, ZoneOffset.UTC), NOON);
    assertThat(outlook.forecast())
        .isEqualTo(
            new Forecast(
                Forecast.Model.Seasonal,
                Money.parse("120"),
                Instant.parse("2026-03-10T18:00:00Z")));
    assertThat(outlook.band()).contains(new Outlook.Band(Money.parse("120"), Money.parse("120")));
    assertThat(outlook.basis())
        .isEqualTo(
            "Seasonal: 2 days by hour of day; $120.00 to $120.00 at the end in 80 % of cases");
  }

  @Test
  void shouldFallBackToLinearAndSaySo() {
    Outlook outlook = outlook(history(47, NOON, ZoneOffset.UTC), NOON);
    assertThat(outlook.forecast())
        .isEqualTo(
            Forecast.linear(
                Money.parse("40"), HourlyRate.parse("10"), Money.parse("100"), DAY, NOON));
    assertThat(outlook.band()).isEmpty();
    assertThat(outlook.basis())
        .isEqualTo(
            "Linear: $10.00/h until the end; 47 of 48 hours of history that a seasonal forecast"
                + " needs, and a band with it");
  }

  @Test
  void shouldNotForecastFromHistoryThatIsStaleOrHasHoles() {
    List<HourSpend> history = history(200, NOON, ZoneOffset.UTC);
    assertThat(outlook(history, NOON.plusSeconds(3600)).basis())
        .startsWith("Linear")
        .contains("0 of 48");
    history.remove(30);
    assertThat(outlook(history, NOON).basis()).startsWith("Linear").contains("30 of 48");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> outlook(Collections.nCopies(2, new HourSpend(NOON, Money.ZERO)), NOON))
        .withMessageContaining("twice");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HourSpend(NOON.plusSeconds(1), Money.ZERO))
        .withMessageContaining("is not a full hour in UTC");
  }

  @Test
  void shouldFollowTheClockOfTheBudgetsZone() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    Instant now = Instant.parse("2026-03-28T12:00:00Z");
    Window month = Calendar.of(Period.Month, "Europe/Berlin").containing(now);
    Outlook outlook =
        Outlook.of(
            history(24 * 5, now, berlin),
            berlin,
            month,
            Money.parse("99999"),
            Money.ZERO,
            HourlyRate.parse("10"),
            now);
    // 7 hours of Saturday, then three days of 12 hours, one of which has only 23 hours in all.
    assertThat(outlook.forecast().atEnd()).isEqualTo(Money.parse("430"));
  }

  @Test
  void shouldBeNearerThanALinearForecastOnADailyCurve() {
    Instant night = Instant.parse("2026-03-10T03:00:00Z");
    Window month = Calendar.of(Period.Month, "UTC").containing(night);
    Money truth = Money.ZERO;
    for (Instant hour = night; hour.isBefore(month.end()); hour = hour.plusSeconds(3600)) {
      truth = truth.plus(office(hour, ZoneOffset.UTC));
    }
    List<HourSpend> history = history(72, night, ZoneOffset.UTC);
    Outlook outlook =
        Outlook.of(history, ZoneOffset.UTC, month, truth, Money.ZERO, HourlyRate.ZERO, night);
    assertThat(outlook.forecast().atEnd()).isEqualTo(truth);
    assertThat(Forecast.linear(Money.ZERO, HourlyRate.ZERO, truth, month, night).atEnd())
        .isEqualTo(Money.ZERO);
  }

  /// Days with a level of their own and hours with noise, many times. Within a day the band is
  /// wider than it need be, because the morning already tells what the afternoon will be like.
  @Test
  void shouldHoldTheTruthInItsBandFourOfFiveTimes() {
    for (int days : new int[] {3, 7, 14}) {
      for (int ahead : new int[] {6, 24, 24 * 7}) {
        int inside = 0;
        int trials = 400;
        for (int trial = 0; trial < trials; trial++) {
          inside += isInside(new Random(trial), days, ahead) ? 1 : 0;
        }
        assertThat(inside * 100 / trials)
            .as("%% of cases with %d days for %d hours", days, ahead)
            .isBetween(70, ahead < 24 ? 97 : 90);
      }
    }
  }

  private static boolean isInside(Random random, int days, int ahead) {
    Window window = new Window(NOON, NOON.plus(Duration.ofHours(ahead)));
    List<HourSpend> history = new ArrayList<>();
    long truth = 0;
    double level = 1;
    long first = 0;
    for (int hour = -24 * days; hour < ahead; hour++) {
      if (Math.floorMod(hour, 24) == 0) {
        level = Math.max(0, 1 + 0.2 * random.nextGaussian());
      }
      Instant start = NOON.plusSeconds(3600L * hour);
      double shape = 2 + Math.sin(start.atZone(ZoneOffset.UTC).getHour() * Math.PI / 12);
      double noise = Math.max(0, 1 + 0.1 * random.nextGaussian());
      long micros = Math.round(1_000_000 * shape * level * noise);
      if (hour < 0) {
        history.add(new HourSpend(start, new Money(micros)));
      } else {
        truth += micros;
        first = hour == 0 ? micros : first;
      }
    }
    Outlook.Band band =
        Outlook.of(
                history,
                ZoneOffset.UTC,
                window,
                Money.parse("1"),
                Money.ZERO,
                new HourlyRate(first),
                NOON)
            .band()
            .orElseThrow();
    return truth >= band.low().micros() && truth <= band.high().micros();
  }

  private static Needs officeNeeds() {
    SortedMap<Integer, Long> rates = new TreeMap<>();
    for (int of = 0; of < 24; of++) {
      rates.put(of, of >= 8 && of < 20 ? 4_000L : 0L);
    }
    return new Needs(rates);
  }

  private static Outlook byNeed(List<HourSpend> history, Needs needs, Window window, long burn) {
    return Outlook.byNeed(
        history,
        needs,
        needs.known(),
        needs.at(NOON).orElseThrow(),
        window,
        Money.parse("100"),
        Money.parse("40"),
        new HourlyRate(burn),
        NOON);
  }

  @Test
  void shouldMakeABandByNeedFromHowFarPastDaysWouldHaveBeenOff() {
    // As needed on one day; on the day before, $8 more than that from 13:00 on.
    List<HourSpend> history = history(48, NOON, ZoneOffset.UTC);
    history.replaceAll(
        hour ->
            hour.hour().equals(NOON.minusSeconds(3600L * 45))
                ? new HourSpend(hour.hour(), Money.parse("18"))
                : hour);
    Outlook outlook = byNeed(history, officeNeeds(), DAY, 10_000_000);
    assertThat(outlook.forecast().model()).isEqualTo(Forecast.Model.Seasonal);
    assertThat(outlook.forecast().atEnd()).isEqualTo(Money.parse("120"));
    // 1.886 standard deviations of sqrt((0 + 8^2) / 2).
    Outlook.Band band = outlook.band().orElseThrow();
    assertThat(band.high().micros() - 120_000_000).isBetween(10_668_000L, 10_669_000L);
    assertThat(120_000_000 - band.low().micros()).isBetween(10_668_000L, 10_669_000L);
    assertThat(outlook.basis())
        .isEqualTo(
            "Seasonal: $10.00/h now, as much more or less later as the hours of the day need; 24 of"
                + " 24 known; $109.33 to $130.67 at the end in 80 % of cases, as far as 2 past days"
                + " were off");
  }

  @Test
  void shouldSayWhyThereIsNoBandByNeedInPlaceOfInventingOne() {
    Outlook young = byNeed(history(30, NOON, ZoneOffset.UTC), officeNeeds(), DAY, 10_000_000);
    assertThat(young.band()).isEmpty();
    assertThat(young.basis()).endsWith("no band: 1 of 2 past days tell how far off that is");

    Window over = new Window(DAY.start(), NOON.plusSeconds(1800));
    Outlook last = byNeed(history(99, NOON, ZoneOffset.UTC), officeNeeds(), over, 10_000_000);
    assertThat(last.band()).isEmpty();
    assertThat(last.basis()).endsWith("no band: 0 hours follow the present one");

    SortedMap<Integer, Long> few = new TreeMap<>(officeNeeds().rates().headMap(13));
    Outlook partly = byNeed(history(99, NOON, ZoneOffset.UTC), new Needs(few), DAY, 10_000_000);
    assertThat(partly.basis())
        .startsWith("Linear: ")
        .contains("13 of 24 known, and seasonal from 24 on");
  }

  @Test
  void shouldKeepItsBandWhileAnHourLastsInWhichNothingRuns() {
    List<HourSpend> history = history(72, NOON, ZoneOffset.UTC);
    history.set(3, new HourSpend(history.get(3).hour(), Money.parse("7")));
    Outlook first = idle(history, NOON);
    assertThat(first.band()).isPresent();
    assertThat(idle(history, NOON.plusSeconds(3599)).band()).isEqualTo(first.band());
  }

  private static Outlook idle(List<HourSpend> history, Instant now) {
    return Outlook.of(
        history, ZoneOffset.UTC, DAY, Money.parse("100"), Money.parse("40"), HourlyRate.ZERO, now);
  }

  /// Days with a level of their own and hours with noise, many times. A forecast by need takes the
  /// present hour for what all hours after it are like, so that it is off by its noise as well;
  /// what is a week ahead is taken to be off as one day is, all week, which is wider than it need
  /// be.
  @Test
  void shouldHoldTheTruthInItsBandByNeedFourOfFiveTimesOrMore() {
    for (int days : new int[] {3, 7, 14}) {
      for (int ahead : new int[] {6, 24, 24 * 7}) {
        int inside = 0;
        int trials = 400;
        for (int trial = 0; trial < trials; trial++) {
          inside += isInsideByNeed(new Random(trial), days, ahead) ? 1 : 0;
        }
        assertThat(inside * 100 / trials)
            .as("%% of cases with %d days for %d hours", days, ahead)
            .isBetween(72, ahead <= 24 ? 92 : 99);
      }
    }
  }

  private static double shape(Instant hour) {
    return 2 + Math.sin(hour.atZone(ZoneOffset.UTC).getHour() * Math.PI / 12);
  }

  private static boolean isInsideByNeed(Random random, int days, int ahead) {
    SortedMap<Integer, Long> rates = new TreeMap<>();
    for (int of = 0; of < 24; of++) {
      rates.put(of, Math.round(1_000 * shape(DAY.start().plusSeconds(3600L * of))));
    }
    List<HourSpend> history = new ArrayList<>();
    long truth = 40_000_000;
    double level = 1;
    long first = 0;
    for (int hour = -24 * days - 12; hour < ahead; hour++) {
      Instant start = NOON.plusSeconds(3600L * hour);
      if (start.atZone(ZoneOffset.UTC).getHour() == 0) {
        level = Math.max(0.1, 1 + 0.2 * random.nextGaussian());
      }
      double noise = Math.max(0.1, 1 + 0.1 * random.nextGaussian());
      long micros = Math.round(1_000_000 * shape(start) * level * noise);
      if (hour < 0) {
        history.add(new HourSpend(start, new Money(micros)));
      } else {
        truth += micros;
        first = hour == 0 ? micros : first;
      }
    }
    Window window = new Window(DAY.start(), NOON.plus(Duration.ofHours(ahead)));
    Outlook.Band band = byNeed(history, new Needs(rates), window, first).band().orElseThrow();
    return truth >= band.low().micros() && truth <= band.high().micros();
  }

  /// Second by second, with rates of its own.
  @Property(tries = 200)
  void shouldReachTheAmountAtExhaustionAndNotASecondBefore(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 86_399) int second) {
    Random random = new Random(seed);
    long[] byHour = new long[24];
    for (int of = 0; of < 24; of++) {
      byHour[of] = random.nextInt(3) == 0 ? 0 : random.nextLong(5_000);
    }
    Instant now = DAY.start().plusSeconds(second);
    List<HourSpend> history = new ArrayList<>();
    for (int back = 1; back <= 72; back++) {
      Instant hour = HourSpend.floor(now).minusSeconds(3600L * back);
      history.add(new HourSpend(hour, new Money(byHour[hour.atZone(ZoneOffset.UTC).getHour()])));
    }
    Collections.shuffle(history, random);
    long amount = 1 + random.nextLong(60_000);
    long spent = random.nextLong(30_000);
    long burn = random.nextLong(5_000);
    Forecast forecast =
        Outlook.of(
                history,
                ZoneOffset.UTC,
                DAY,
                new Money(amount),
                new Money(spent),
                new HourlyRate(burn),
                now)
            .forecast();
    long purse = spent * 3600;
    Instant exhausted = purse >= amount * 3600 ? now : null;
    for (int at = second; at < 86_400; at++) {
      purse += at / 3600 == second / 3600 ? burn : byHour[at / 3600];
      if (exhausted == null && purse >= amount * 3600) {
        exhausted = DAY.start().plusSeconds(at + 1L);
      }
    }
    assertThat(forecast.exhaustion()).isEqualTo(exhausted);
    assertThat(forecast.atEnd().micros()).isEqualTo((purse + 1800) / 3600);
  }
}
