package dev.comptroller.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.batching.ObservedSteps.Observed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class ObservedStepsTest {
  @Test
  void shouldTakeAStepForOverWhenASequenceGetsItsNextToken() {
    ObservedSteps steps = new ObservedSteps(100);
    steps.enter(1, prompt(10), 0, 1_000);
    steps.enter(2, prompt(20), 0, 1_000);

    assertThat(steps.tokens(1, TokenIds.of(7), 2_000)).isEmpty();
    assertThat(steps.tokens(2, TokenIds.of(7), 2_010)).isEmpty();
    Observed first = steps.tokens(1, TokenIds.of(8), 3_000).orElseThrow();
    assertThat(first.beginNanos()).isEqualTo(1_000);
    assertThat(first.endNanos()).as("when its last token came").isEqualTo(2_010);
    assertThat(counts(first)).containsExactly(10, 20);
    assertThat(first.sampled()).isEqualTo(2);

    Observed second = steps.over(9_999);
    assertThat(second.beginNanos()).isEqualTo(2_010);
    assertThat(second.endNanos()).isEqualTo(3_000);
    assertThat(counts(second)).as("one token of the one that got one").containsExactly(1);
    assertThat(second.plan().slices().getFirst().from()).isEqualTo(10);
  }

  @Test
  void shouldGiveWhatIsLeftOfTheBudgetToPromptsThatHaveNoTokenYet() {
    ObservedSteps steps = new ObservedSteps(8);
    steps.enter(1, prompt(1), 0, 0);
    assertThat(steps.tokens(1, TokenIds.of(7), 10)).isEmpty();
    steps.enter(2, prompt(20), 0, 11);
    Observed first = steps.tokens(1, TokenIds.of(7), 20).orElseThrow();
    Observed second = steps.tokens(1, TokenIds.of(7), 30).orElseThrow();
    assertThat(counts(first)).containsExactly(1, 7);
    assertThat(counts(second)).containsExactly(1, 7);

    steps.tokens(2, TokenIds.of(7), 41);
    Observed third = steps.tokens(1, TokenIds.of(7), 31).orElse(steps.over(42));
    assertThat(counts(third)).as("the rest, with the first token").contains(6);
  }

  @Test
  void shouldCountSeveralTokensOfOneStepAsGuessedOnesThatWereChecked() {
    ObservedSteps steps = new ObservedSteps(100);
    steps.enter(1, prompt(4), 0, 0);
    steps.tokens(1, TokenIds.of(5), 10);
    Observed first = steps.tokens(1, TokenIds.of(6, 7, 8), 20).orElseThrow();
    assertThat(counts(first)).containsExactly(4);
    Observed second = steps.over(30);
    assertThat(counts(second)).containsExactly(3);
    assertThat(second.sampled()).isEqualTo(3);
    assertThat(steps.leave(1)).isEqualTo(TokenIds.of(1, 1, 1, 1, 5, 6, 7, 8));
    assertThat(steps.empty()).isTrue();
  }

  @Test
  void shouldNotCountWhatTheEngineHasInItsCache() {
    ObservedSteps steps = new ObservedSteps(100);
    steps.enter(1, prompt(10), 8, 0);
    steps.enter(2, prompt(10), 99, 0);
    steps.tokens(1, TokenIds.of(7), 10);
    steps.tokens(2, TokenIds.of(7), 11);
    Observed step = steps.over(20);
    assertThat(counts(step)).as("one token at least").containsExactly(2, 1);
    assertThat(step.plan().slices().getFirst().from()).isEqualTo(8);
  }

  @Property
  void shouldComputeEachPositionOnceAndTileTime(
      @ForAll long seed, @ForAll @IntRange(min = 4, max = 64) int budget) {
    Random random = new Random(seed);
    ObservedSteps steps = new ObservedSteps(budget);
    int[] prompts = {3, 50, 17};
    int[] got = new int[prompts.length];
    for (int id = 0; id < prompts.length; id++) {
      steps.enter(id, prompt(prompts[id]), 0, 0);
    }
    List<Observed> seen = new ArrayList<>();
    for (long now = 1; now < 60; now++) {
      int id = random.nextInt(prompts.length);
      Optional<Observed> over = steps.tokens(id, TokenIds.of(9), now);
      over.ifPresent(seen::add);
      got[id]++;
    }
    seen.add(steps.over(60));

    long end = 0;
    int[] computed = new int[prompts.length];
    for (Observed step : seen) {
      assertThat(step.beginNanos()).isEqualTo(end);
      assertThat(step.endNanos()).isGreaterThanOrEqualTo(end);
      end = step.endNanos();
      for (Slice slice : step.plan().slices()) {
        int id = (int) slice.sequence();
        assertThat(slice.from()).isEqualTo(computed[id]);
        computed[id] += slice.count();
      }
    }
    for (int id = 0; id < prompts.length; id++) {
      if (got[id] > 0) {
        assertThat(computed[id]).isEqualTo(prompts[id] + got[id] - 1);
      } else {
        assertThat(computed[id]).isLessThan(prompts[id]);
      }
    }
    assertThat(seen.stream().mapToInt(Observed::sampled).sum()).isEqualTo(got[0] + got[1] + got[2]);
  }

  private static List<Integer> counts(Observed step) {
    return step.plan().slices().stream().map(Slice::count).toList();
  }

  private static TokenIds prompt(int size) {
    int[] ids = new int[size];
    java.util.Arrays.fill(ids, 1);
    return TokenIds.of(ids);
  }
}
