package dev.comptroller.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.metering.GpuState;
import dev.comptroller.metering.WorkCost;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GpuMeterTest {
  private static final WorkCost COST = new WorkCost(10_000, 20_000, 10);

  private final VirtualClock clock = new VirtualClock();

  @Test
  void shouldHaveEveryNanosecondInOneState() {
    GpuMeter meter = meter(2, Map.of(GpuState.Unobserved, 7L));
    clock.nanos(10);
    meter.load();
    clock.nanos(100);
    meter.serve(COST);
    clock.nanos(1_000);
    meter.open(1, "req_1", 3);
    meter.beginStep(clock.getAsLong());
    clock.nanos(5);
    assertThat(meter.read().states()).as("while it computes").containsEntry(GpuState.Step, 10L);
    assertThat(meter.read().attributed()).isZero();
    clock.nanos(5);
    meter.endStep(StepPlan.of(List.of(), List.of(slice(1, 0, 3))), clock.getAsLong());
    clock.nanos(3);
    meter.drain();
    clock.nanos(4);
    assertThat(meter.read())
        .isEqualTo(
            new GpuMeter.Reading(
                1_127,
                new java.util.TreeMap<>(
                    Map.of(
                        GpuState.Start, 20L,
                        GpuState.Load, 200L,
                        GpuState.Idle, 2_006L,
                        GpuState.Step, 20L,
                        GpuState.Drain, 8L,
                        GpuState.Unobserved, 7L)),
                20,
                List.of(new GpuMeter.Use("req_1", 3, 1, 20))));
    assertThat(meter.settle(1)).isEqualTo(20);
    assertThat(meter.settle(1)).as("once").isZero();
  }

  @Test
  void shouldDivideAStepByWork() {
    GpuMeter meter = meter(1, Map.of());
    meter.serve(COST);
    meter.open(1, "", 100);
    meter.open(2, "", 10);
    meter.beginStep(0);
    clock.nanos(215_711);
    meter.endStep(
        StepPlan.of(List.of(), List.of(slice(1, 0, 19), slice(2, 400, 1))), clock.getAsLong());
    assertThat(meter.settle(1)).as("19 tokens and 171 reads").isEqualTo(191_711);
    assertThat(meter.settle(2)).as("an answer's token, 400 reads").isEqualTo(24_000);
  }

  @Test
  void shouldGiveRequestsAllOfTheStepsWhateverBecomesOfThem() throws Exception {
    var options = new SimulatedOptions(64, 3, 16, 80, 20, 1_000, 137, 3);
    GpuMeter meter = meter(3, Map.of());
    Random random = new Random(3);
    long given = 0;
    try (EngineLoop loop =
        EngineLoop.start(
            new SimulatedEngine(options, clock),
            new BatchLimits(3, 16, 200),
            LoopObserver.NONE,
            clock,
            meter)) {
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        int[] prompt = random.ints(1 + random.nextInt(20), 0, 200).toArray();
        var sampling = SamplingParams.greedy(1 + random.nextInt(40));
        var request =
            i % 3 == 0
                ? GenerationRequest.batch(prompt, sampling)
                : GenerationRequest.interactive(prompt, sampling);
        if (loop.submit(request) instanceof Submission.Accepted(TokenStream stream)) {
          streams.add(stream);
        }
        if (i % 7 == 0) {
          streams.get(random.nextInt(streams.size())).cancel();
        }
      }
      for (TokenStream stream : streams) {
        TokenEvent event = stream.next();
        while (!(event instanceof TokenEvent.Finished)) {
          event = stream.next();
        }
        given += ((TokenEvent.Finished) event).usage().gpuNanos();
      }
      assertThat(loop.snapshot().preemptions()).isPositive();
    }
    GpuMeter.Reading last = meter.read();
    assertThat(last.requests()).isEmpty();
    assertThat(last.attributed()).isEqualTo(given);
    assertThat(last.states()).containsEntry(GpuState.Step, given);
    assertThat(last.states().values().stream().mapToLong(n -> n).sum())
        .isEqualTo(clock.getAsLong() * 3);
  }

  @Test
  void shouldRefuseNoGpus() {
    assertThatThrownBy(() -> meter(0, Map.of())).hasMessageContaining("gpus is 0");
  }

  private GpuMeter meter(int gpus, Map<GpuState, Long> carriedOver) {
    return new GpuMeter(gpus, clock, 0, carriedOver, 0);
  }

  private static Slice slice(long id, int from, int count) {
    return new Slice(id, 0, from, TokenIds.of(new int[count]), true);
  }
}
