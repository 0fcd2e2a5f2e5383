package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class QuartersTest {
  @Test
  void shouldTellWhatCameInThePresentMinuteFromWhatCameBeforeIt() {
    Quarters some = new Quarters(1, 2, 3, 4);
    Instant minute = Instant.parse("2026-01-05T10:07:00Z");
    assertThat(some.begun(minute)).isEqualTo(new Quarters(1, 0, 0, 0));
    assertThat(some.begun(minute.plusSeconds(15))).isEqualTo(new Quarters(1, 2, 0, 0));
    assertThat(some.begun(minute.plusSeconds(44))).isEqualTo(new Quarters(1, 2, 3, 0));
    assertThat(some.begun(minute.plusSeconds(59))).isEqualTo(some);
  }

  @Test
  void shouldCountAllOfACounterThatBeganAnew() {
    Quarters before = new Quarters(5, 5, 5, 5);
    assertThat(new Quarters(6, 5, 9, 5).since(before)).isEqualTo(new Quarters(1, 0, 4, 0));
    assertThat(new Quarters(9, 1, 0, 0).since(before)).isEqualTo(new Quarters(9, 1, 0, 0));
  }
}
