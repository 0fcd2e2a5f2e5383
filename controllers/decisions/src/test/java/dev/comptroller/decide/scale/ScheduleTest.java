package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private static Schedule schedule(String start, String end, Set<DayOfWeek> days) {
    return new Schedule("s", BERLIN, days, LocalTime.parse(start), LocalTime.parse(end), 2);
  }

  @Test
  void shouldHoldOverMidnight() {
    Schedule night = schedule("22:00", "06:00", Set.of(DayOfWeek.FRIDAY));
    assertThat(night.holdsAt(Instant.parse("2026-01-09T21:00:00Z"))).isTrue();
    assertThat(night.holdsAt(Instant.parse("2026-01-10T04:59:59Z"))).isTrue();
    assertThat(night.holdsAt(Instant.parse("2026-01-10T05:00:00Z"))).isFalse();
    assertThat(night.holdsAt(Instant.parse("2026-01-09T04:00:00Z"))).isFalse();
  }

  @Test
  void shouldKeepTheTimeOfDayWhereClocksChange() {
    Schedule day = schedule("08:00", "18:00", EnumSet.allOf(DayOfWeek.class));
    // Clocks go forward on 2026-03-29 at 02:00.
    assertThat(day.nextChange(Instant.parse("2026-03-28T17:00:00Z")))
        .isEqualTo("2026-03-29T06:00:00Z");
    assertThat(day.holdsAt(Instant.parse("2026-03-29T05:59:59Z"))).isFalse();
    assertThat(day.holdsWithin(Instant.parse("2026-03-29T05:55:00Z"), Duration.ofMinutes(5)))
        .isTrue();
  }

  @Test
  void shouldBeginAfterTheGapWhereItsStartDoesNotExist() {
    Schedule gap = schedule("02:30", "04:00", EnumSet.allOf(DayOfWeek.class));
    assertThat(gap.nextChange(Instant.parse("2026-03-29T00:00:00Z")))
        .isEqualTo("2026-03-29T01:30:00Z");
  }
}
