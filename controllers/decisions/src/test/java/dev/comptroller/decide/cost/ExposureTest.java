package dev.comptroller.decide.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Exposure.Step;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExposureTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");
  private static final Instant RISE = NOW.plusSeconds(7_200);
  private static final Instant FALL = NOW.plusSeconds(10_800);
  private static final PriceBooks BOOKS =
      PriceBooks.of(
          Map.of(
              "h100",
              new PriceBook(
                  8,
                  List.of(
                      Price.always(CapacityType.OnDemand, HourlyRate.parse("32")),
                      Price.always(CapacityType.Spot, HourlyRate.parse("12")),
                      new Price(CapacityType.Spot, HourlyRate.parse("48"), RISE, FALL)))));

  private static Exposure spot(Duration ahead) {
    return Exposure.of("h100", CapacityType.Spot, 4, BOOKS, NOW, ahead);
  }

  private static HourlyRate at(Exposure exposure, Instant instant) {
    return exposure.at(instant, exposure.highest());
  }

  @Test
  void shouldKnowAPriceThatIsDeclaredForLaterButReserveOnlyTheStretchAhead() {
    Exposure near = spot(Duration.ofMinutes(5));
    assertThat(near.now()).isEqualTo(HourlyRate.parse("6"));
    assertThat(near.highest()).isEqualTo(HourlyRate.parse("16"));
    assertThat(near.later())
        .containsExactly(
            new Step(RISE, HourlyRate.parse("24")), new Step(FALL, HourlyRate.parse("16")));
    assertThat(at(near, RISE.minusSeconds(1))).isEqualTo(HourlyRate.parse("16"));
    assertThat(at(near, RISE)).isEqualTo(HourlyRate.parse("24"));

    assertThat(spot(Duration.ofHours(2)).highest()).isEqualTo(HourlyRate.parse("24"));
  }

  @Test
  void shouldAddUpWhatChangesAtDifferentTimes() {
    Step rise = new Step(RISE, HourlyRate.parse("9"));
    Step fall = new Step(FALL, HourlyRate.parse("1"));
    HourlyRate two = HourlyRate.parse("2");
    Exposure sum =
        new Exposure(two, two, List.of(rise)).plus(new Exposure(two, two, List.of(fall)));
    assertThat(sum.later())
        .containsExactly(
            new Step(RISE, HourlyRate.parse("11")), new Step(FALL, HourlyRate.parse("10")));
    assertThat(at(sum.times(2), FALL)).isEqualTo(HourlyRate.parse("20"));
  }

  @Test
  void shouldCostAtEveryInstantWhatItsPartsCost() {
    Random random = new Random(1);
    for (int round = 0; round < 500; round++) {
      Exposure one = random(random);
      Exposure other = random(random);
      Exposure sum = one.plus(other);
      assertThat(sum.highest()).isEqualTo(one.highest().plus(other.highest()));
      assertThat(sum.later().stream().map(Step::from)).isSorted().doesNotHaveDuplicates();
      for (int second = 0; second <= 12; second++) {
        Instant at = NOW.plusSeconds(second);
        assertThat(at(sum, at)).isEqualTo(at(one, at).plus(at(other, at)));
      }
    }
  }

  @Test
  void shouldCostOnAverageWhatItsSecondsDo() {
    Random random = new Random(2);
    for (int round = 0; round < 500; round++) {
      Exposure exposure = random(random);
      HourlyRate first = rate(random);
      int from = random.nextInt(6);
      int until = from + 1 + random.nextInt(8);
      long sum = 0;
      for (int second = from; second < until; second++) {
        sum += exposure.at(NOW.plusSeconds(second), first).microsPerHour();
      }
      assertThat(exposure.mean(NOW.plusSeconds(from), NOW.plusSeconds(until), first))
          .isEqualTo(new HourlyRate(sum / (until - from)));
    }
  }

  /// Up to four steps, of which some begin at once.
  private static Exposure random(Random random) {
    List<Step> steps =
        random
            .ints(random.nextInt(5), 1, 12)
            .sorted()
            .mapToObj(second -> new Step(NOW.plusSeconds(second), rate(random)))
            .toList();
    return new Exposure(HourlyRate.ZERO, rate(random), steps);
  }

  private static HourlyRate rate(Random random) {
    return new HourlyRate(random.nextInt(100));
  }
}
