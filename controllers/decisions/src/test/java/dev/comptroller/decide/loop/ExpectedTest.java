package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.TokensPerSecond;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExpectedTest {
  private static long over(int replicas, @Nullable Integer most, int busiest) {
    TokensPerSecond expected = most == null ? null : TokensPerSecond.of(most);
    return new Expected(replicas, TokensPerSecond.of(2_800), expected)
            .over(TokensPerSecond.of(busiest))
            .thousandths()
        / 1_000;
  }

  @Test
  void shouldGoByTheBusiestMinuteAsLongAsItTakesWhatIsWanted() {
    assertThat(over(2, 9_000, 5_000)).isEqualTo(5_000);
    assertThat(over(2, 0, 5_000)).isEqualTo(5_000);
    assertThat(over(2, 3_000, 2_801)).isEqualTo(2_801);
    assertThat(over(2, 3_000, 5_600)).isEqualTo(5_600);
  }

  @Test
  void shouldKnowARiseBeforeItComes() {
    assertThat(over(2, 5_000, 500)).isEqualTo(5_000);
    assertThat(over(2, 9_000, 500)).as("no more than what is wanted computes").isEqualTo(5_600);
    assertThat(over(3, 100, 2_800)).as("what fewer compute is not why").isEqualTo(5_600);
  }

  @Test
  void shouldKnowThatABusyMinuteIsOver() {
    assertThat(over(1, 500, 5_000)).isEqualTo(500);
    assertThat(over(1, 6_000, 5_000)).isEqualTo(2_800);
    assertThat(over(2, 500, 9_000)).isEqualTo(2_800);
  }

  @Test
  void shouldSayNothingWhereNothingIsWantedOrExpected() {
    assertThat(over(0, 500, 5_000)).isEqualTo(5_000);
    assertThat(over(2, null, 500)).isEqualTo(500);
  }
}
