package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Whom requests that are too many make late.
class SurplusTest {
  private static final int UNBOUNDED = 0;

  private static Surplus of(double firstToken, int... millis) {
    List<Optional<Duration>> longest =
        Arrays.stream(millis)
            .mapToObj(each -> Optional.of(Duration.ofMillis(each)).filter(Duration::isPositive))
            .toList();
    return Surplus.of(longest, firstToken);
  }

  @Test
  void shouldBeRefusedOnlyWhereEveryRungRefusesInTimeForThePrompt() {
    assertThat(of(2, 1000, 500)).isEqualTo(Surplus.IS_REFUSED);
    assertThat(of(2, 1001)).isEqualTo(Surplus.DELAYS_ALL);
    assertThat(of(2, 1000, UNBOUNDED)).isEqualTo(Surplus.DELAYS_ALL);
    assertThat(of(2, UNBOUNDED)).isEqualTo(Surplus.DELAYS_ALL);
  }

  @Test
  void shouldBeRefusedWhereNothingIsPromisedButWaitingIsBounded() {
    assertThat(of(Double.POSITIVE_INFINITY, 60_000)).isEqualTo(Surplus.IS_REFUSED);
  }
}
