package dev.comptroller.e2e.simulator.autoscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FleetTest {
  private static ScalingPolicy restless(long seed, int most) {
    SplittableRandom random = new SplittableRandom(seed);
    return view ->
        random.nextInt(4) == 0 ? random.nextInt(1, most + 1) : view.ready() + view.starting();
  }

  @Test
  void shouldServeEveryRequestOnceOrRefuseIt() {
    Arrivals arrivals = Scenes.minutes(2, 0.25, 40, 10, 60, 5, 80, 80, 20, 1, 1, 1);
    for (long seed = 0; seed < 10; seed++) {
      Fleet fleet = Scenes.run(Scenes.rules(45, 5), arrivals, restless(seed, 5), 2);
      Score score = fleet.score();
      long came = 0;
      long batch = 0;
      for (int window = 0; window < arrivals.rates().windows(); window++) {
        Arrivals.Chunk chunk = arrivals.window(window);
        for (int i = 0; i < chunk.count(); i++) {
          if (chunk.batch()[i]) {
            batch++;
          } else {
            came++;
          }
        }
      }
      assertThat(score.arrived()).isEqualTo(came);
      assertThat(score.served() + score.refused()).isEqualTo(came);
      assertThat(score.batchArrived()).isEqualTo(batch);
      assertThat(score.batchServed()).isLessThanOrEqualTo(batch);
      assertThat(score.missed())
          .isBetween(
              score.refused() + Math.max(score.lateFirst(), score.latePerToken()),
              score.refused() + score.lateFirst() + score.latePerToken());
    }
  }

  @Test
  void shouldHoldWhatCameAndIsNotServedYet() {
    Arrivals arrivals = Scenes.minutes(1, 0, 30, 30, 30);
    Fleet fleet = new Fleet(Scenes.rules(45, 5), _ -> 2, 2, 0, 180);
    for (int window = 0; window < 3; window++) {
      fleet.run(arrivals.window(window), 60.0 * (window + 1));
      Score score = fleet.score();
      assertThat(score.served() + score.refused() + fleet.inside()).isEqualTo(score.arrived());
      assertThat(fleet.inside()).isPositive();
    }
  }

  @Test
  void shouldPayFromAskingUntilGone() {
    Arrivals idle = Scenes.minutes(1, 0, Scenes.flat(60, 0));
    Fleet fleet =
        Scenes.run(
            Scenes.rules(180, 5),
            idle,
            view -> view.now() >= 600 && view.now() < 1200 ? 3 : view.now() < 30 ? 2 : 1,
            1);

    // One for the hour, a second for 30 s that never served, two for 600 s.
    assertThat(fleet.paidMillis()).isEqualTo(1000L * (3600 + 30 + 2 * 600));
    assertThat(fleet.micros()).isEqualTo(Math.round(19e6 * (3600 + 30 + 1200) / 3600));
    assertThat(fleet.changes()).isEqualTo(4);
  }

  @Test
  void shouldCostWhatTheLivesOfReplicasSumTo() {
    Arrivals arrivals = Scenes.minutes(2, 0, 40, 10, 60, 5, 80, 80, 20, 1);
    for (long seed = 0; seed < 5; seed++) {
      Fleet fleet = Scenes.run(Scenes.rules(45, 5), arrivals, restless(seed, 5), 2);
      double dollars = 0;
      for (Fleet.Life life : fleet.lives()) {
        dollars += (life.until() - life.from()) * 19.0 / 3_600_000;
      }
      assertThat(fleet.micros() / 1e6).isCloseTo(dollars, within(1e-6));
      // Counting heads at every look comes to the same, but for what happens between looks.
      double heads = fleet.paid().stream().mapToInt(it -> it).sum() * (double) Fleet.TICK;
      assertThat(fleet.paidMillis() / 1000.0)
          .isBetween(heads - fleet.lives().size() * Fleet.TICK, heads);
    }
  }

  @Test
  void shouldServeNothingNewOnReplicasThatLeaveButFinishTheirOwn() {
    Arrivals arrivals = Scenes.minutes(1, 0, 20, 0.01, 0.01);
    Fleet fleet = Scenes.run(Scenes.rules(45, 5), arrivals, v -> v.now() < 60 ? 2 : 1, 2);

    assertThat(fleet.score().served()).isEqualTo(fleet.score().arrived());
    assertThat(fleet.paidMillis()).isBetween(1000L * (180 + 61), 1000L * (180 + 100));
  }

  @Test
  void shouldDoTheSameWithTheSameSeed() {
    Arrivals arrivals = Scenes.minutes(4, 0.25, 40, 10, 60, 5, 80);
    Fleet one = Scenes.run(Scenes.rules(45, 5), arrivals, restless(3, 5), 2);
    Fleet two = Scenes.run(Scenes.rules(45, 5), arrivals, restless(3, 5), 2);
    Arrivals others = new Arrivals(arrivals.rates(), 4, 0.25, 8);
    Fleet three = Scenes.run(Scenes.rules(45, 5), others, restless(3, 5), 2);

    assertThat(two.lives()).isEqualTo(one.lives());
    assertThat(two.score().missed()).isEqualTo(one.score().missed());
    assertThat(two.score().firstToken(0.9)).isEqualTo(one.score().firstToken(0.9));
    assertThat(three.score().arrived()).isNotEqualTo(one.score().arrived());
  }
}
