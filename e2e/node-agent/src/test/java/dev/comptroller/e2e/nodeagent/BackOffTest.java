package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackOffTest {
  private final BackOff backOff =
      new BackOff(Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofMinutes(10));

  @Test
  void shouldRestartAtOnceThenDoubleFromTheBaseToTheLimit() {
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      waits.add(backOff.afterRunOf(Duration.ofSeconds(1)).toSeconds());
    }
    assertThat(waits).containsExactly(0L, 10L, 20L, 40L, 80L, 160L, 300L, 300L);
  }

  @Test
  void shouldStartOverAfterALongRun() {
    for (int i = 0; i < 5; i++) {
      backOff.afterRunOf(Duration.ZERO);
    }
    assertThat(backOff.afterRunOf(Duration.ofMinutes(10))).isZero();
    assertThat(backOff.afterRunOf(Duration.ZERO)).isEqualTo(Duration.ofSeconds(10));
  }
}
