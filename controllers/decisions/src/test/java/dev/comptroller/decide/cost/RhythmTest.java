package dev.comptroller.decide.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Exposure.Step;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RhythmTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");

  private static Step step(int minute, int dollars) {
    return new Step(START.plus(Duration.ofMinutes(minute)), HourlyRate.parse("" + dollars));
  }

  private static List<Step> after(List<Step> known) {
    return after(known, START);
  }

  private static List<Step> after(List<Step> known, Instant now) {
    @Nullable Rhythm rhythm = Rhythm.of(known, now);
    return rhythm == null ? List.of() : rhythm.steps();
  }

  /// Prices of 3 and 1 by turns, each for half an hour.
  private static List<Step> halfHours(int count) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      steps.add(step(30 * i, i % 2 == 0 ? 3 : 1));
    }
    return steps;
  }

  @Test
  void shouldGoOnAsThreeTurnsWereAndThenByTheirMean() {
    List<Step> foreseen = after(halfHours(6));

    assertThat(foreseen).hasSize(Rhythm.FORESEEN + 1);
    assertThat(foreseen.subList(0, 3)).containsExactly(step(180, 3), step(210, 1), step(240, 3));
    assertThat(foreseen.getLast()).isEqualTo(step(30 * (6 + Rhythm.FORESEEN), 2));
  }

  @Test
  void shouldForeseeNothingAfterTwoTurnsOrWithoutChangesThatComeBack() {
    assertThat(after(halfHours(5))).isEmpty();
    assertThat(after(List.of())).isEmpty();
    assertThat(after(List.of(step(0, 1), step(30, 2), step(60, 3), step(90, 4)))).isEmpty();
  }

  @Test
  void shouldForeseeNothingWhereAPriceLastedLongerOrWasAnother() {
    List<Step> late = halfHours(8);
    late.set(6, step(181, 3));
    List<Step> dearer = halfHours(8);
    dearer.set(6, step(180, 4));

    assertThat(after(halfHours(8))).isNotEmpty();
    assertThat(after(late)).isEmpty();
    assertThat(after(dearer)).isEmpty();
  }

  @Test
  void shouldForeseeNothingMoreWhenTheNextChangeDidNotCome() {
    assertThat(after(halfHours(6), step(180, 1).from().minusSeconds(1))).isNotEmpty();
    assertThat(after(halfHours(6), step(180, 1).from())).isEmpty();
    assertThat(after(halfHours(6), step(90_000, 1).from())).isEmpty();
  }

  @Test
  void shouldGoByTheLastTurnsOnly() {
    List<Step> steps = new ArrayList<>(List.of(step(-500, 7), step(-400, 9), step(-10, 8)));
    steps.addAll(halfHours(6));

    assertThat(after(steps)).isEqualTo(after(halfHours(6)));
  }

  @Test
  void shouldNotTakeForAChangeWhatChangesNothing() {
    List<Step> steps = new ArrayList<>();
    for (Step step : halfHours(6)) {
      steps.add(step);
      steps.add(new Step(step.from().plusSeconds(60), step.rate()));
    }

    assertThat(after(steps)).isEqualTo(after(halfHours(6)));
  }

  @Property(tries = 200)
  void shouldForeseeAnyTurnOfDifferentPrices(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 12) int prices) {
    Random random = new Random(seed);
    int[] lasts = random.ints(prices, 1, 100).toArray();
    List<Step> all = new ArrayList<>();
    int minute = 0;
    for (int i = 0; i < 6 * prices; i++) {
      all.add(step(minute, 1 + i % prices));
      minute += lasts[i % prices];
    }
    int known = 3 * prices + random.nextInt(prices);

    List<Step> foreseen = after(all.subList(0, known));

    int count = Math.min(Rhythm.FORESEEN, all.size() - known);
    assertThat(foreseen.subList(0, count)).isEqualTo(all.subList(known, known + count));
  }
}
