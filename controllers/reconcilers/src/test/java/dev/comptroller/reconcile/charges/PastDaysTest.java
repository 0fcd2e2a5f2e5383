package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PastDaysTest {
  private static final long FIRST = 29_000_000;
  private static final int DAY = PastDays.KEPT / 2;

  private static PastDays days(long from, long until, long tokens) {
    PastDays days = PastDays.NONE;
    for (long minute = from; minute < until; minute++) {
      days = days.with(minute, tokens);
    }
    return days;
  }

  @Test
  void shouldTellTokensASecondOfTheMinutesBeforeOneWithoutAGap() {
    PastDays days = PastDays.NONE.with(FIRST, 60).with(FIRST + 1, 120).with(FIRST + 2, 0);

    assertThat(days.before(FIRST + 3)).containsExactly(1.0, 2.0, 0.0);
    assertThat(days.before(FIRST + 2)).containsExactly(1.0, 2.0);
    assertThat(days.before(FIRST)).isEmpty();
    assertThat(days.before(FIRST + 5)).isEmpty();
  }

  @Test
  void shouldTakeTheSameMinuteOfTheDayBeforeForOneThatWasNotObserved() {
    PastDays days = days(FIRST, FIRST + DAY, 600).with(FIRST + DAY + 2, 60);

    List<Double> before = days.before(FIRST + DAY + 3);

    assertThat(before).hasSize(DAY + 3);
    assertThat(before.subList(DAY, DAY + 3)).containsExactly(10.0, 10.0, 1.0);
  }

  @Test
  void shouldEndAtAMinuteThatWasNotObservedOnTheDayBeforeEither() {
    PastDays days = days(FIRST, FIRST + 10, 600).with(FIRST + 12, 60).with(FIRST + 13, 60);

    assertThat(days.before(FIRST + 14)).containsExactly(1.0, 1.0);
  }

  @Test
  void shouldKeepTwoDaysInWhateverOrderMinutesCome() {
    PastDays days = days(FIRST, FIRST + PastDays.KEPT + 100, 600);

    assertThat(days.before(FIRST + PastDays.KEPT + 100)).hasSize(PastDays.KEPT);
    assertThat(days.with(FIRST, 60)).as("too old").isEqualTo(days);
    assertThat(PastDays.NONE.with(FIRST + 1, 120).with(FIRST, 60))
        .isEqualTo(PastDays.NONE.with(FIRST, 60).with(FIRST + 1, 120));
  }

  @Test
  void shouldForgetWhatIsOlderThanTwoDaysAfterALongRest() {
    PastDays days = days(FIRST, FIRST + 10, 600).with(FIRST + 3 * PastDays.KEPT, 60);

    assertThat(days.tokens()).hasSize(PastDays.KEPT);
    assertThat(days.before(FIRST + 3 * PastDays.KEPT + 1)).containsExactly(1.0);
  }

  @Test
  void shouldBeginWhenSomethingIsAskedForAndRoundToThreeDigits() {
    assertThat(PastDays.NONE.with(FIRST, 0)).isEqualTo(PastDays.NONE);
    assertThat(PastDays.NONE.with(FIRST, 123_456).tokens()).containsExactly(123_000);
    assertThat(PastDays.NONE.with(FIRST, 999_600).tokens()).containsExactly(1_000_000);
    assertThat(PastDays.NONE.with(FIRST, Long.MAX_VALUE / 2).tokens())
        .containsExactly(Integer.MAX_VALUE);
  }
}
