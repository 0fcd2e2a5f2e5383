package dev.comptroller.decide.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class CalendarTest {
  private static final Instant FIRST = Instant.parse("2025-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("2035-01-01T00:00:00Z");

  @Provide
  Arbitrary<String> zones() {
    return Arbitraries.of(ZoneId.getAvailableZoneIds().stream().sorted().toList());
  }

  @Property(tries = 400)
  void shouldTileTimeInEveryZone(
      @ForAll("zones") String zone, @ForAll Period period, @ForAll long seed) {
    Calendar calendar = Calendar.of(period, zone);
    Random random = new Random(seed);
    Instant cursor =
        FIRST.plusSeconds(random.nextLong(LAST.getEpochSecond() - FIRST.getEpochSecond()));
    for (int i = 0; i < 60; i++) {
      Window window = calendar.containing(cursor);
      assertThat(window.contains(cursor)).isTrue();
      assertThat(window.start().getEpochSecond() % 900).isZero();
      long inside = random.nextLong(window.length().toMillis());
      assertThat(calendar.containing(window.start().plusMillis(inside))).isEqualTo(window);
      assertThat(calendar.containing(window.end().minusNanos(1))).isEqualTo(window);
      Window next = calendar.containing(window.end());
      assertThat(next.start()).isEqualTo(window.end());
      assertThat(calendar.containing(window.start().minusNanos(1)).end()).isEqualTo(window.start());
      cursor = window.end();
    }
  }

  @Property(tries = 100)
  void shouldTileAllYearsAroundEveryChangeOfTheClock(@ForAll("zones") String zone) {
    ZoneId id = ZoneId.of(zone);
    for (Period period : List.of(Period.Hour, Period.Day)) {
      Calendar calendar = new Calendar(period, id);
      var change = id.getRules().nextTransition(Instant.parse("1975-01-01T00:00:00Z"));
      while (change != null && change.getInstant().isBefore(LAST)) {
        Instant cursor = change.getInstant().minus(Duration.ofHours(30));
        Instant stop = cursor.plus(Duration.ofHours(60));
        Window window = calendar.containing(cursor);
        while (window.start().isBefore(stop)) {
          Window next = calendar.containing(window.end());
          assertThat(next.start()).isEqualTo(window.end());
          assertThat(calendar.containing(window.end().minusNanos(1))).isEqualTo(window);
          window = next;
        }
        change = id.getRules().nextTransition(change.getInstant());
      }
    }
  }

  @Property(tries = 300)
  void shouldStartAtTheStartOfTheLocalDay(
      @ForAll("zones") String zone, @ForAll Period period, @ForAll long seed) {
    Instant at =
        FIRST.plusSeconds(
            new Random(seed).nextLong(LAST.getEpochSecond() - FIRST.getEpochSecond()));
    ZonedDateTime start = Calendar.of(period, zone).containing(at).start().atZone(ZoneId.of(zone));
    switch (period) {
      case Hour -> assertThat(start.getMinute()).isZero();
      case Day -> assertThat(start).isEqualTo(start.toLocalDate().atStartOfDay(start.getZone()));
      case Week -> assertThat(start.getDayOfWeek()).isEqualTo(DayOfWeek.MONDAY);
      case Month -> assertThat(start.getDayOfMonth()).isEqualTo(1);
    }
  }

  @Test
  void shouldGiveADayOfDaylightSavingItsTrueLength() {
    Calendar berlin = Calendar.of(Period.Day, "Europe/Berlin");
    assertThat(berlin.containing(Instant.parse("2026-03-29T10:00:00Z")).length())
        .isEqualTo(Duration.ofHours(23));
    assertThat(berlin.containing(Instant.parse("2026-10-25T10:00:00Z")).length())
        .isEqualTo(Duration.ofHours(25));
    assertThat(
            Calendar.of(Period.Month, "UTC")
                .containing(Instant.parse("2028-02-29T23:59:59Z"))
                .length())
        .isEqualTo(Duration.ofDays(29));
  }

  @Test
  void shouldSurviveADayThatAZoneSkipped() {
    Calendar apia = Calendar.of(Period.Day, "Pacific/Apia");
    Window window = apia.containing(Instant.parse("2011-12-30T09:59:00Z"));
    assertThat(window.end()).isEqualTo(Instant.parse("2011-12-30T10:00:00Z"));
    assertThat(apia.containing(window.end()).length()).isEqualTo(Duration.ofDays(1));
  }

  @Test
  void shouldJoinTheHalfHourThatLordHoweRepeats() {
    Calendar howe = Calendar.of(Period.Hour, "Australia/Lord_Howe");
    Window window = howe.containing(Instant.parse("2026-04-04T14:45:00Z"));
    assertThat(window.length()).isEqualTo(Duration.ofMinutes(90));
    assertThat(window.start().atZone(ZoneId.of("Australia/Lord_Howe")).toLocalTime())
        .isEqualTo(LocalTime.of(1, 0));
  }

  @Test
  void shouldRefuseAZoneItCannotKeep() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Calendar.of(Period.Day, "Mars/Olympus"))
        .withMessageContaining("timeZone \"Mars/Olympus\" is not known");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Calendar.of(Period.Day, "+00:07"))
        .withMessageContaining("no multiple of 15 minutes");
  }
}
