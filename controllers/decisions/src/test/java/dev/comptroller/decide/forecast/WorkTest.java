package dev.comptroller.decide.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/// Whether what the demand of hours takes tells what is worth spending in them.
class WorkTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");

  /// Of so many hours, a look a minute.
  private static Work of(int hours, IntToLongFunction milliGpusByMinute) {
    Work work = Work.NONE;
    for (int minute = 0; minute < 60 * hours; minute++) {
      work = work.seen(milliGpusByMinute.applyAsLong(minute), START.plusSeconds(60L * minute));
    }
    return work;
  }

  /// High for half of so many minutes, then a tenth of that.
  private static IntToLongFunction wave(int minutes) {
    return minute -> minute % minutes < minutes / 2 ? 7_000 : 700;
  }

  @Test
  void shouldTellWhereHoursDifferMoreThanTheMinutesOfOne() {
    assertThat(of(24, wave(24 * 60)).isTelling()).isTrue();
    assertThat(of(24, wave(4 * 60)).isTelling()).isTrue();
  }

  @Test
  void shouldTellNothingWhereDemandSwingsWithinHours() {
    for (int minutes : new int[] {4, 10, 16, 30, 60}) {
      for (int hours = 1; hours <= 48; hours++) {
        assertThat(of(hours, wave(minutes)).isTelling()).as("%s %s", minutes, hours).isFalse();
      }
    }
  }

  @Test
  void shouldTellWhereDemandHardlySwingsOnceItIsKnownWhetherItDoes() {
    assertThat(of(1, _ -> 3_500).isTelling()).isFalse();
    assertThat(of(2, _ -> 3_500).isTelling()).isTrue();
    assertThat(of(24, _ -> 3_500).isTelling()).isTrue();
    assertThat(of(24, minute -> minute / 60 % 2 == 0 ? 3_500 : 3_300).isTelling()).isTrue();
  }

  @Test
  void shouldTellNothingWhereNothingIsAskedForAtAnyHour() {
    assertThat(Work.NONE.isTelling()).isFalse();
    assertThat(of(24, _ -> 0).isTelling()).isFalse();
  }

  @Test
  void shouldNotTakeForANewHourWhatIsStillCountedOfTheOneBefore() {
    Work work =
        Work.NONE
            .seen(5_000, START)
            .seen(5_000, START.plusSeconds(120))
            .seen(500, START.plusSeconds(180));

    assertThat(work.mean().at(START)).hasValue(500);
  }

  @Test
  void shouldKnowTheMeanOfAnHourAndHowFarDemandIsOffIt() {
    Work work = of(24 * 30, minute -> minute % 4 < 2 ? 3_000 : 1_000);

    assertThat(work.mean().at(START).orElseThrow()).isBetween(1_800L, 2_200L);
    assertThat(work.swing().at(START).orElseThrow()).isBetween(900L, 1_100L);
  }
}
