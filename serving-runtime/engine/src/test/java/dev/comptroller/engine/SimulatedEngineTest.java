package dev.comptroller.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.batching.TokenIds;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulatedEngineTest {
  private final VirtualClock clock = new VirtualClock();
  private final SimulatedEngine engine =
      new SimulatedEngine(new SimulatedOptions(64, 2, 16, 64, 3, 1_000, 100, 2), clock);

  @Test
  void shouldTakeTheTimeThatTheCostModelSays() {
    step(List.of(), new Slice(1, 0, 0, ids(10), true));
    assertThat(clock.getAsLong()).isEqualTo(1_000 + 10 * 100 + 2 * (9 * 10 / 2));
    step(List.of(), new Slice(1, 0, 10, ids(1), true), new Slice(2, 1, 0, ids(1), true));
    assertThat(clock.getAsLong()).isEqualTo(2_090 + 1_000 + 2 * 100 + 2 * 10);
  }

  @Test
  void shouldGiveARowForEachSliceThatSamples() {
    assertThat(step(List.of(), new Slice(1, 0, 0, ids(3), false))).isZero();
    assertThat(step(List.of(), new Slice(1, 0, 3, ids(1), true), new Slice(2, 1, 0, ids(1), true)))
        .isEqualTo(2);
  }

  @Test
  void shouldRefuseAGapAnUnclearedSlotAndTooManyTokens() {
    step(List.of(), new Slice(1, 0, 0, ids(3), true));
    assertThatThrownBy(() -> step(List.of(), new Slice(1, 0, 4, ids(1), true)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("continues at 4");
    assertThatThrownBy(() -> step(List.of(), new Slice(2, 0, 3, ids(1), true)))
        .isInstanceOf(EngineException.class);
    assertThatThrownBy(() -> step(List.of(0), new Slice(2, 0, 0, ids(17), true)))
        .hasMessageContaining("17 tokens in a step of at most 16");
  }

  @Test
  void shouldWaitInRealTimeWhenTold() {
    long before = System.nanoTime();
    Pause.real().nanos(3_000_000);
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(3_000_000);
  }

  private int step(List<Integer> cleared, Slice... slices) {
    int[] rows = {0};
    engine.step(StepPlan.of(cleared, List.of(slices)), (_, _) -> rows[0]++);
    return rows[0];
  }

  private static TokenIds ids(int count) {
    return TokenIds.of(new int[count]);
  }
}
