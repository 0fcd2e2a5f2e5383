package dev.comptroller.decide.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.capacity.Slo;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class LatencyWindowTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Slo SLO = new Slo(2, 0.05, 0.99);
  private static final Duration HOUR = Duration.ofHours(1);

  private final LatencyWindow window = new LatencyWindow(SLO, HOUR);

  @Test
  void shouldSpreadABucketThatTheLimitCutsEvenly() {
    Histogram histogram = histogram(10, 90, 100);

    assertThat(histogram.within(1)).isEqualTo(10);
    assertThat(histogram.within(2)).isCloseTo(10 + 80 / 1.5, within(1e-9));
    assertThat(histogram.within(0.5)).isEqualTo(5);
    assertThat(histogram.within(60)).as("longer than all bounds").isEqualTo(90);
    assertThat(histogram.within(Double.POSITIVE_INFINITY)).isEqualTo(100);
  }

  @Test
  void shouldRefuseCountsThatShrink() {
    assertThatThrownBy(() -> histogram(5, 4, 9)).hasMessageContaining("shrink");
    assertThatThrownBy(() -> histogram(5, 6, 3)).hasMessageContaining("3.0 in all");
  }

  @Test
  void shouldLeaveOutWhatAReplicaCountedBeforeItWasFirstSeen() {
    add("a", 0, histogram(0, 0, 500));

    assertThat(window.count(NOON)).isEqualTo(SloCount.NONE);
  }

  @Test
  void shouldAddUpWhatReplicasServedSinceTheyWereLastSeen() {
    add("a", 0, histogram(0, 0, 0));
    add("b", 0, histogram(7, 7, 7));
    add("a", 10, histogram(4, 4, 4));
    add("b", 10, histogram(7, 7, 9));

    SloCount count = window.count(NOON.plusSeconds(10));
    assertThat(count.requests()).isEqualTo(6);
    assertThat(count.first()).isEqualTo(4);
    assertThat(count.firstShare()).isCloseTo(4 / 6.0, within(1e-9));
  }

  @Test
  void shouldCountAllOfAProcessThatBeganAnew() {
    add("a", 0, histogram(100, 100, 100));
    add("a", 10, histogram(3, 3, 3));

    assertThat(window.count(NOON.plusSeconds(10)).requests()).isEqualTo(3);
  }

  @Test
  void shouldForgetWhatIsOlderThanTheWindow() {
    add("a", 0, histogram(0, 0, 0));
    add("a", 10, histogram(5, 5, 5));
    add("a", 1800, histogram(6, 6, 6));

    assertThat(window.count(NOON.plusSeconds(1800)).requests()).isEqualTo(6);
    assertThat(window.count(NOON.plusSeconds(3700)).requests()).isEqualTo(1);
    assertThat(window.count(NOON.plusSeconds(9000)).requests()).isZero();
  }

  @Test
  void shouldIgnoreASampleThatIsNotNewer() {
    add("a", 10, histogram(0, 0, 0));
    add("a", 20, histogram(5, 5, 5));
    add("a", 15, histogram(50, 50, 50));

    assertThat(window.count(NOON.plusSeconds(20)).requests()).isEqualTo(5);
    assertThat(window.isFresh(NOON.plusSeconds(50), Duration.ofMinutes(1))).isTrue();
    assertThat(window.isFresh(NOON.plusSeconds(80), Duration.ofMinutes(1))).isFalse();
  }

  private void add(String pod, long second, Histogram first) {
    window.add(new LatencySample(pod, NOON.plusSeconds(second), first, Histogram.NONE));
  }

  private static Histogram histogram(double toOne, double toTwoAndAHalf, double all) {
    return new Histogram(new TreeMap<>(Map.of(1.0, toOne, 2.5, toTwoAndAHalf)), all);
  }
}
