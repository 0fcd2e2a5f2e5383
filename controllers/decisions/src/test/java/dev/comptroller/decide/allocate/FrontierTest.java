package dev.comptroller.decide.allocate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.allocate.Frontier.Cost;
import dev.comptroller.decide.allocate.Frontier.Step;
import dev.comptroller.decide.allocate.Frontier.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrontierTest {
  @Test
  void shouldLeaveOutWaysThatTwoOthersBeat() {
    Way small = new Way(Cost.always(4), 40);
    Way medium = new Way(Cost.always(8), 50);
    Way large = new Way(Cost.always(16), 90);

    Frontier frontier = Frontier.of(small, List.of(small, medium, large));

    assertThat(frontier.least()).isEqualTo(Cost.always(4));
    assertThat(frontier.steps()).containsExactly(new Step(Cost.always(12), 50.0 / 12));
  }

  @Test
  void shouldGoByWhatAWayCostsOnAverageAndTellWhatItDoesNow() {
    Way small = new Way(new Cost(6, 8), 40);
    Way medium = new Way(new Cost(12, 16), 50);

    Frontier frontier = Frontier.of(small, List.of(small, medium));

    assertThat(frontier.least()).isEqualTo(new Cost(6, 8));
    assertThat(frontier.steps()).containsExactly(new Step(new Cost(6, 8), 10.0 / 6));
  }

  @Test
  void shouldBuyLessForADollarWithEveryStepAndEndAtTheMostThatCanBeHad() {
    Random random = new Random(3);
    for (int i = 0; i < 500; i++) {
      List<Way> ways = new ArrayList<>();
      for (int j = 0; j < 12; j++) {
        ways.add(new Way(Cost.always(1 + random.nextInt(50)), random.nextInt(100)));
      }
      Way least = new Way(Cost.always(1), 0);

      List<Step> steps = Frontier.of(least, ways).steps();

      double worth = 0;
      double before = Double.MAX_VALUE;
      for (Step step : steps) {
        assertThat(step.gain()).isLessThan(before);
        before = step.gain();
        worth += step.cost().mean() * step.gain();
      }
      double most =
          ways.stream()
              .filter(way -> way.cost().mean() > 1)
              .mapToDouble(Way::worth)
              .max()
              .orElse(0);
      assertThat(worth).isCloseTo(most, org.assertj.core.data.Offset.offset(1e-6));
    }
  }
}
