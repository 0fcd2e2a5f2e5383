package dev.comptroller.e2e.nodeagent;

import static dev.comptroller.e2e.nodeagent.ProbeState.Verdict.FAILING;
import static dev.comptroller.e2e.nodeagent.ProbeState.Verdict.PASSING;
import static dev.comptroller.e2e.nodeagent.ProbeState.Verdict.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ProbeBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProbeStateTest {
  private static ProbeState state(int successes, int failures) {
    return new ProbeState(
        new ProbeSettings(
            Duration.ZERO, Duration.ofSeconds(10), Duration.ofSeconds(1), successes, failures));
  }

  private static Duration at(double seconds) {
    return Duration.ofMillis((long) (seconds * 1000));
  }

  @Test
  void shouldPassAtTheFirstSuccess() {
    ProbeState state = state(1, 3);
    assertThat(state.observe(false, at(0))).isEqualTo(UNKNOWN);
    assertThat(state.observe(true, at(0.25))).isEqualTo(PASSING);
  }

  @Test
  void shouldFailOnlyAfterTheThresholdInARow() {
    ProbeState state = state(1, 3);
    state.observe(true, at(0));
    assertThat(state.observe(false, at(10))).isEqualTo(PASSING);
    assertThat(state.observe(false, at(20))).isEqualTo(PASSING);
    assertThat(state.observe(true, at(30))).isEqualTo(PASSING);
    assertThat(state.observe(false, at(40))).isEqualTo(PASSING);
    assertThat(state.observe(false, at(50))).isEqualTo(PASSING);
    assertThat(state.observe(false, at(60))).isEqualTo(FAILING);
    assertThat(state.observe(true, at(70))).isEqualTo(PASSING);
  }

  @Test
  void shouldNotLetExtraProbesShortenAThreshold() {
    ProbeState state = state(1, 3);
    for (double t = 0; t < 20; t += 0.25) {
      assertThat(state.observe(false, at(t))).as("at %s s", t).isEqualTo(UNKNOWN);
    }
    assertThat(state.observe(false, at(20))).isEqualTo(FAILING);
  }

  @Test
  void shouldWantAsManySuccessesAPeriodApartAsTheThresholdSays() {
    ProbeState state = state(2, 3);
    assertThat(state.observe(true, at(0))).isEqualTo(UNKNOWN);
    assertThat(state.observe(true, at(5))).isEqualTo(UNKNOWN);
    assertThat(state.observe(true, at(10))).isEqualTo(PASSING);
  }

  @Test
  void shouldHaveTheDefaultsOfKubernetes() {
    assertThat(ProbeSettings.of(new ProbeBuilder().build()))
        .isEqualTo(
            new ProbeSettings(Duration.ZERO, Duration.ofSeconds(10), Duration.ofSeconds(1), 1, 3));
  }
}
