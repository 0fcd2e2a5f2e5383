package dev.comptroller.decide.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.capacity.PricePublisher.Hour;
import dev.comptroller.decide.capacity.PricePublisher.Standing;
import dev.comptroller.decide.capacity.TokenMix.Split;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class PricePublisherTest {
  /// Three tokens in for each token out.
  private static Hour hour(String cost, long served) {
    return hour(Money.parse(cost), served);
  }

  private static Hour hour(Money cost, long served) {
    return new Hour(
        cost, served * 3 / 4, 0, served - served * 3 / 4, 3600, TokensPerSecond.of(1_000), 50);
  }

  private static Split split(String mean) {
    return TokenMix.ASSUMED.split(Cpm.parse(mean));
  }

  private static Standing next(Standing before, Hour hour) {
    return PricePublisher.next(before, hour, TokenWeights.USUAL);
  }

  /// What the tokens of an hour are due for, in micro-dollars.
  private static long due(Hour hour) {
    return hour.served()
        .total()
        .multiply(BigInteger.valueOf(hour.cost().micros()))
        .divide(hour.basis())
        .longValueExact();
  }

  private static long charged(Split prices, Hour hour) {
    return hour.served().at(prices).longValueExact() / 1_000_000;
  }

  private static Stream<Cpm> classes(Split split) {
    return Stream.of(split.input(), split.cachedInput(), split.output());
  }

  @Test
  void shouldDivideTheHourByWhatWasServedOrByTheTargetedUtilisation() {
    // Half of 1,000 tokens a second is 1.8 million tokens an hour.
    Standing at = Standing.first(split("1.90"));
    assertThat(next(at, hour("3.60", 1_800_000)).prices()).as("$2").isNotEqualTo(split("1.90"));
    assertThat(mean(converged("3.60", 100))).isCloseTo(2_000_000, within(20_000L));
    assertThat(mean(converged("3.60", 1_800_000))).isCloseTo(2_000_000, within(20_000L));
    assertThat(mean(converged("3.60", 3_600_000))).isCloseTo(1_000_000, within(10_000L));
  }

  /// The price that hours like this lead to.
  private static Split converged(String cost, long served) {
    Standing standing = Standing.first(split("1.50"));
    for (int i = 0; i < 60; i++) {
      standing = next(standing, hour(cost, served));
    }
    return standing.prices();
  }

  private static long mean(Split prices) {
    return TokenMix.ASSUMED.at(prices).longValueExact() / 4;
  }

  @Test
  void shouldSayNothingOfAnHourWithoutTokensOrWithoutCost() {
    Standing standing = new Standing(split("2"), 12_345, 7);
    assertThat(next(standing, hour("9", 0))).isEqualTo(standing);
    assertThat(next(standing, hour("0", 1_000_000))).isEqualTo(standing);
  }

  @Test
  void shouldMoveNoPriceByMoreThanAFifthAnHourWhateverHoursCost() {
    Random random = new Random(3);
    Standing standing = Standing.first(split("2"));
    for (int i = 0; i < 2_000; i++) {
      Hour hour =
          new Hour(
              new Money(random.nextLong(50_000_000)),
              random.nextLong(5_000_000),
              random.nextLong(5_000_000),
              random.nextLong(2_000_000),
              3600,
              TokensPerSecond.of(1_000),
              50);
      Standing next =
          PricePublisher.next(standing, hour, new TokenWeights(10, 1, 10 + random.nextLong(900)));
      List<Cpm> before = classes(standing.prices()).toList();
      List<Cpm> after = classes(next.prices()).toList();
      for (int j = 0; j < 3; j++) {
        long from = before.get(j).microsPerMillion();
        assertThat(Math.abs(after.get(j).microsPerMillion() - from))
            .isLessThanOrEqualTo(Math.max(1, from / 5));
      }
      standing = next;
    }
  }

  @Test
  void shouldTakeHoursToFollowACostThatJumpsAndThenMakeUpForWhatWasNotCharged() {
    Standing standing = Standing.first(split("2"));
    long due = 0;
    long charged = 0;
    int hours = 0;
    long most = 0;
    for (int i = 0; i < 200; i++) {
      Hour hour = hour("14.40", 1_800_000);
      due += due(hour);
      charged += charged(standing.prices(), hour);
      standing = next(standing, hour);
      hours += mean(standing.prices()) < 7_500_000 ? 1 : 0;
      most = Math.max(most, mean(standing.prices()));
    }
    // 1.2^7 is 3.6 and 1.2^8 is 4.3.
    assertThat(hours).isEqualTo(7);
    assertThat(most).as("a tenth above the cost at most").isBetween(8_700_000L, 8_800_000L);
    assertThat(mean(standing.prices())).isCloseTo(8_000_000, within(80_000L));
    assertThat(Math.abs(due - charged)).as("of 14.4 dollars an hour").isLessThan(144_000);
  }

  @Property(tries = 50)
  void shouldChargeInTheLongRunWhatIsDueHoweverDemandSwings(@ForAll long seed) {
    Random random = new Random(seed);
    Standing standing = Standing.first(split("1"));
    long due = 0;
    long charged = 0;
    for (int i = 0; i < 300; i++) {
      Hour hour =
          hour(new Money(random.nextLong(2_000_000, 5_000_000)), random.nextLong(3_000_000));
      due += hour.isEmpty() ? 0 : due(hour);
      charged += hour.isEmpty() ? 0 : charged(standing.prices(), hour);
      standing = next(standing, hour);
      assertThat(standing.carried()).as("nothing is lost").isCloseTo(due - charged, within(600L));
    }
    for (int i = 0; i < 200; i++) {
      standing = next(standing, hour("3.60", 1_800_000));
    }
    assertThat(Math.abs(standing.carried())).as("of 3.6 dollars an hour").isLessThan(36_000);
  }

  @Test
  void shouldNotSwingWhereDemandDoes() {
    Standing standing = new Standing(split("2"), 2_000_000, 0);
    for (int i = 0; i < 100; i++) {
      standing = next(standing, hour("3.60", i % 2 == 0 ? 180_000 : 1_800_000));
      if (i > 30) {
        assertThat(mean(standing.prices())).isCloseTo(2_000_000, within(60_000L));
      }
    }
  }

  @Test
  void shouldLeaveAPriceThatIsNearlyRightAlone() {
    Standing standing = Standing.first(split("2"));
    Standing next = next(standing, hour("3.61", 1_800_000));
    assertThat(next.prices()).isEqualTo(split("2"));
    assertThat(next.carried()).isEqualTo(10_000);
    Standing steady = Standing.first(converged("3.60", 1_800_000));
    int moves = 0;
    for (int i = 0; i < 100; i++) {
      Standing later = next(steady, hour("3.60", 1_800_000));
      moves += later.prices().equals(steady.prices()) ? 0 : 1;
      steady = later;
    }
    assertThat(moves).isLessThan(5);
  }

  @Test
  void shouldRiseFromNothing() {
    Standing standing = Standing.first(split("0"));
    for (int i = 0; i < 1_000; i++) {
      standing = next(standing, hour("3.60", 1_800_000));
    }
    assertThat(mean(standing.prices())).isCloseTo(2_000_000, within(40_000L));
  }

  @Test
  void shouldMoveWithAnHourAndNeverTwiceInLessThan55Minutes() {
    assertThat(PricePublisher.after(Instant.parse("2026-03-01T10:00:07Z")))
        .isEqualTo("2026-03-01T11:00:00Z");
    assertThat(PricePublisher.after(Instant.parse("2026-03-01T10:05:00Z")))
        .isEqualTo("2026-03-01T11:00:00Z");
    assertThat(PricePublisher.after(Instant.parse("2026-03-01T10:05:01Z")))
        .isEqualTo("2026-03-01T12:00:00Z");
  }

  @Test
  void shouldWeighAnAnswerByItsShareOfStepsAndItsCache() {
    // One of 16: 0.8 ms of the fixed 12.8 ms, 0.1 ms for itself, and 450 tokens of cache.
    TokenWeights weights =
        TokenWeights.of(new StepCost(0.0128, 1e-4, 1e-7), new Workload(400, 100, 0), 16);
    assertThat(weights).isEqualTo(new TokenWeights(1_000, 100, 9_450));
    assertThat(TokenWeights.of(new StepCost(1, 1e-9, 0), new Workload(1, 1, 0), 1).output())
        .as("at most a hundred times")
        .isEqualTo(100_000);
    assertThat(TokenWeights.of(new StepCost(1, 0, 0), new Workload(1, 1, 0), 1).output())
        .isEqualTo(100_000);
  }

  @Property
  void shouldKeepTheMeanHoweverItIsSplit(
      @ForAll @LongRange(max = 1_000_000) long input,
      @ForAll @LongRange(max = 1_000_000) long cached,
      @ForAll @LongRange(max = 1_000_000) long output,
      @ForAll @LongRange(min = 1, max = 100_000) long weight) {
    TokenMix mix = new TokenMix(input, cached, output);
    Split split = mix.split(new Cpm(3_000_000), new TokenWeights(1_000, 100, weight));
    long total = mix.total().longValueExact();
    assertThat(mix.at(split).doubleValue() / total).isCloseTo(3_000_000, within(1.0));
  }
}
