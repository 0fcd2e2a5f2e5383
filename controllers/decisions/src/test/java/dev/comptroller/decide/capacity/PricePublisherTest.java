package dev.comptroller.decide.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.capacity.PricePublisher.Hour;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.Tokens;
import dev.comptroller.decide.units.TokensPerSecond;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PricePublisherTest {
  private static Hour hour(String cost, long served) {
    return new Hour(Money.parse(cost), new Tokens(served), 3600, TokensPerSecond.of(1_000), 50);
  }

  @Test
  void shouldDivideTheHourByWhatWasServedOrByTheTargetedUtilisation() {
    // Half of 1,000 tokens a second is 1.8 million tokens an hour.
    assertThat(PricePublisher.first(hour("3.60", 0))).contains(Cpm.parse("2.00"));
    assertThat(PricePublisher.first(hour("3.60", 1_800_000))).contains(Cpm.parse("2.00"));
    assertThat(PricePublisher.first(hour("3.60", 3_600_000))).contains(Cpm.parse("1.00"));
    assertThat(PricePublisher.first(hour("0", 0))).isEmpty();
  }

  @Test
  void shouldMoveByAFifthAnHourAtMostAndStayOverAnEmptyHour() {
    Cpm two = Cpm.parse("2");
    assertThat(PricePublisher.next(two, hour("9", 0))).isEqualTo(Cpm.parse("2.40"));
    assertThat(PricePublisher.next(two, hour("0.01", 0))).isEqualTo(Cpm.parse("1.60"));
    assertThat(PricePublisher.next(two, hour("3.78", 0))).isEqualTo(Cpm.parse("2.10"));
    assertThat(PricePublisher.next(two, hour("0", 0))).isEqualTo(two);
    Random random = new Random(3);
    Cpm price = two;
    for (int i = 0; i < 2_000; i++) {
      Hour hour = hour("0." + random.nextInt(1_000_000), random.nextInt(10_000_000));
      Cpm next = PricePublisher.next(price, hour);
      long from = price.microsPerMillion();
      assertThat(Math.abs(next.microsPerMillion() - from))
          .isLessThanOrEqualTo(Math.max(1, from / 5));
      price = next;
    }
  }

  @Test
  void shouldReachASteadyCostAndRiseFromNothing() {
    Cpm price = new Cpm(0);
    for (int i = 0; i < 120; i++) {
      price = PricePublisher.next(price, hour("3.60", 0));
    }
    assertThat(price).isEqualTo(Cpm.parse("2.00"));
  }
}
