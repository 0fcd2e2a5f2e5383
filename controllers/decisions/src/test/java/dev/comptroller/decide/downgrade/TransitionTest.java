package dev.comptroller.decide.downgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class TransitionTest {
  @Test
  void shouldReserveWhatRunningBothCostsRoundedUp() {
    Transition transition =
        new Transition(Duration.ofMillis(1_500), Duration.ofSeconds(1), Duration.ZERO);
    assertThat(transition.overlap()).isEqualTo(Duration.ofSeconds(3));
    assertThat(transition.surge(new HourlyRate(1_201))).isEqualTo(new Money(2));
  }

  @Property
  void shouldRefuseExactlyWhereTheBillWouldNotBeSmaller(
      @ForAll @LongRange(min = 0, max = 100_000) long from,
      @ForAll @LongRange(min = 0, max = 100_000) long to,
      @ForAll @IntRange(min = 0, max = 100) int start,
      @ForAll @IntRange(min = 0, max = 100) int warm,
      @ForAll @IntRange(min = 0, max = 100) int drain,
      @ForAll @IntRange(min = 0, max = 2_000) int rest) {
    Transition transition =
        new Transition(
            Duration.ofSeconds(start), Duration.ofSeconds(warm), Duration.ofSeconds(drain));
    int both = start + warm + drain;
    long staying = 0;
    long changing = 0;
    for (int second = 0; second < Math.max(rest, both); second++) {
      staying += from;
      changing += second < both ? from + to : to;
    }
    Transition.Verdict verdict =
        transition.judge(new HourlyRate(from), new HourlyRate(to), Duration.ofSeconds(rest));
    boolean worthwhile = verdict instanceof Transition.Worthwhile;
    assertThat(worthwhile).isEqualTo(changing < staying);
    assertThat(verdict.cost().micros() * 3600).isGreaterThanOrEqualTo(to * both);
    assertThat(verdict.message()).contains("side by side for %d s".formatted(both));
  }
}
