package dev.comptroller.e2e.simulator.autoscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptimumTest {
  private static final double[][] TINY = {{8, 25, 25, 8, 8}, {30, 5, 5, 5, 30}, {25, 8, 25, 8, 25}};

  @Test
  void shouldBeTheCheapestOfAllPlansOnATinyTrace() {
    Fleet.Rules rules = Scenes.rules(120, 3);
    for (double[] rates : TINY) {
      Arrivals arrivals = Scenes.minutes(1, 0, rates);
      Race race = new Race(arrivals, 1);
      long cheapest = Long.MAX_VALUE;
      int plans = (int) Math.pow(3, rates.length);
      for (int code = 0; code < plans; code++) {
        int[] plan = new int[rates.length];
        int rest = code;
        for (int i = 0; i < plan.length; i++) {
          plan[i] = 1 + rest % 3;
          rest /= 3;
        }
        Fleet fleet = Scenes.run(rules, arrivals, new Planned(plan), 3);
        if (fleet.score().missedShare() <= 0.001) {
          cheapest = Math.min(cheapest, fleet.micros());
        }
      }
      Optimum.Found found = Optimum.find(race, arrivals, rules, 3, 200);

      assertThat(found.fleet().score().missedShare()).isLessThanOrEqualTo(0.001);
      assertThat(found.fleet().micros()).isEqualTo(cheapest);
      assertThat(Optimum.leastMicros(arrivals, rules)).isLessThan(cheapest);
    }
  }

  @Test
  void shouldBeatEveryPolicyThatKeepsThePromise() {
    List<Double> rates = new ArrayList<>();
    for (int minute = 0; minute < 40; minute++) {
      rates.add(25 + 15 * Math.sin(minute / 5.0));
    }
    Arrivals arrivals =
        Scenes.minutes(2, 0, rates.stream().mapToDouble(Double::doubleValue).toArray());
    Comparison comparison = new Comparison(arrivals, new Comparison.Setting(60, 3600, 0, 256), 1);
    Comparison.Result result = comparison.run();

    assertThat(result.optimum().score().missedShare()).isLessThanOrEqualTo(0.001);
    assertThat(result.leastMicros()).isLessThan(result.optimum().micros());
    int kept = 0;
    for (Comparison.Entry entry : result.entries()) {
      if (entry.fleet().score().missedShare() <= 0.001) {
        kept++;
        assertThat(entry.fleet().micros())
            .as(entry.name())
            .isGreaterThanOrEqualTo(result.optimum().micros());
      }
    }
    assertThat(kept).isGreaterThan(1);
  }

  @Test
  void shouldFillValleysWithWorkThatMayWait() {
    double[] rates = new double[120];
    for (int minute = 0; minute < rates.length; minute++) {
      rates[minute] = minute % 40 < 20 ? 45 : 8;
    }
    Arrivals arrivals = Scenes.minutes(1, 0.25, rates);
    Comparison comparison = new Comparison(arrivals, new Comparison.Setting(60, 3600, 0, 256), 1);
    Comparison.Result result = comparison.run();
    Fleet optimum = result.optimum();
    Fleet ours = fleet(result, Comparison.OURS);

    assertThat(optimum.score().batchMissed()).isZero();
    assertThat(optimum.score().missedShare()).isLessThanOrEqualTo(0.001);
    assertThat(ours.score().batchMissed()).isZero();
    assertThat(ours.microsWithRest()).isGreaterThanOrEqualTo(optimum.microsWithRest());
    assertThat(optimum.microsWithRest()).isGreaterThan(result.leastMicros());
    // Without deferring, the same requests cost more even with perfect knowledge.
    Arrivals urgent = Scenes.minutes(1, 0, rates);
    Comparison all = new Comparison(urgent, new Comparison.Setting(60, 3600, 0, 256), 1);
    assertThat(optimum.microsWithRest()).isLessThan(all.run().optimum().microsWithRest());
  }

  @Test
  void shouldFillTheValleysOfBusyTimesMoreThanThoseOfQuietOnes() {
    double[] rates = new double[360];
    for (int minute = 0; minute < rates.length; minute++) {
      rates[minute] = minute < 120 ? 40 : 4;
    }
    Arrivals arrivals = Scenes.minutes(1, 0.5, rates);
    Fleet.Rules rules = Scenes.rules(60, 8);
    Optimum.Found found = Optimum.find(new Race(arrivals, 1), arrivals, rules, 4, 0);

    assertThat(found.fleet().score().batchMissed()).isZero();
    long least = Optimum.leastMicros(arrivals, rules);
    // With one level for all time it is 1.5.
    assertThat(found.fleet().microsWithRest()).isBetween(least, (long) (1.45 * least));
  }

  private static Fleet fleet(Comparison.Result result, String name) {
    return result.entries().stream()
        .filter(it -> it.name().equals(name))
        .findFirst()
        .orElseThrow()
        .fleet();
  }
}
