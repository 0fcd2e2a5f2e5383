package dev.comptroller.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private final Batcher batcher = new Batcher(new BatchLimits(2, 8, 1), 64, 32);

  @Test
  void shouldComputeALongPromptInChunksBesideADecodingSequence() {
    add(1, 3, 10);
    assertThat(step(100)).containsExactly("1@0+3*");
    add(2, 12, 4);
    assertThat(step(101, 200)).containsExactly("1@3+1*", "2@0+7");
    assertThat(step(102)).containsExactly("1@4+1*", "2@7+5*");
  }

  @Test
  void shouldStartInOrderOfArrivalAndTakeAFreedSlotInTheNextStep() {
    add(1, 2, 5);
    add(2, 2, 5);
    add(3, 2, 5);
    assertThat(step(9)).containsExactly("1@0+2*", "2@0+2*");
    StepPlan plan = batcher.plan(0);
    batcher.complete(
        new StepResult(List.of(new StepResult.Ends(1), new StepResult.Continues(2, 9))));
    assertThat(plan.cleared()).isEmpty();
    StepPlan next = batcher.plan(50);
    assertThat(next.cleared()).containsExactly(0);
    assertThat(next.started())
        .containsExactly(new StepPlan.Started(3, RequestClass.INTERACTIVE, 50));
    assertThat(next.slices()).extracting(Slice::sequence).containsExactly(2L, 3L);
    assertThat(next.slices()).extracting(Slice::slot).containsExactly(1, 0);
  }

  @Test
  void shouldRefuseWhenAsManyWaitAsMay() {
    add(1, 2, 5);
    add(2, 2, 5);
    add(3, 2, 5);
    assertThat(batcher.add(4, RequestClass.INTERACTIVE, prompt(2), 5, 0))
        .isEqualTo(new Admission.QueueFull(3, 1));
    assertThat(batcher.waiting()).isEqualTo(3);
  }

  @Test
  void shouldRefuseWhatDoesNotFitTheContext() {
    assertThat(batcher.add(1, RequestClass.INTERACTIVE, prompt(28), 5, 0))
        .isEqualTo(new Admission.TooLong(28, 5, 32));
    assertThat(batcher.add(1, RequestClass.INTERACTIVE, prompt(28), Integer.MAX_VALUE, 0))
        .isInstanceOf(Admission.TooLong.class);
    assertThat(batcher.empty()).isTrue();
  }

  @Test
  void shouldPreemptTheYoungestWhenCellsRunOutAndComputeItAgain() {
    Batcher tight = new Batcher(new BatchLimits(2, 16, 4), 20, 20);
    tight.add(1, RequestClass.INTERACTIVE, prompt(6), 14, 0);
    tight.add(2, RequestClass.INTERACTIVE, prompt(6), 14, 0);
    StepPlan plan = tight.plan(0);
    int steps = 0;
    while (plan.preempted().isEmpty()) {
      tight.complete(allContinue(plan));
      assertThat(Integrity.check(tight)).isEmpty();
      plan = tight.plan(0);
      assertThat(steps++).isLessThan(20);
    }
    assertThat(plan.preempted()).containsExactly(2L);
    assertThat(plan.cleared()).containsExactly(1);
    assertThat(plan.slices()).extracting(Slice::sequence).containsExactly(1L);
    tight.complete(new StepResult(List.of(new StepResult.Ends(1))));
    StepPlan again = tight.plan(0);
    assertThat(again.started()).as("it started before").isEmpty();
    assertThat(again.slices()).hasSize(1);
    assertThat(again.slices().getFirst().from()).isZero();
    assertThat(again.slices().getFirst().tokens().toArray())
        .as("what it had generated is known")
        .startsWith(7, 7, 7, 7, 7, 7, 5, 5);
  }

  @Test
  void shouldStartInteractiveBeforeBatchWhateverTheOrderOfArrival() {
    add(1, RequestClass.BATCH, 2, 5);
    add(2, RequestClass.BATCH, 2, 5);
    add(3, 2, 5);
    assertThat(step(9)).as("the first token comes alone").containsExactly("3@0+2*");
    assertThat(step(9)).as("then batch fills up").containsExactly("3@2+1*", "1@0+2*");
  }

  @Test
  void shouldPreemptTheYoungestBatchSequenceInTheStepAfterAnInteractiveOneArrives() {
    add(1, RequestClass.BATCH, 1, 9);
    add(2, RequestClass.BATCH, 1, 9);
    step(9);
    add(3, 3, 5);
    StepPlan plan = batcher.plan(0);
    assertThat(plan.preempted()).containsExactly(2L);
    assertThat(plan.cleared()).containsExactly(1);
    assertThat(plan.slices()).extracting(Slice::sequence).containsExactly(3L);
    batcher.complete(new StepResult(List.of(new StepResult.Ends(3))));
    assertThat(step(9)).as("both go on").containsExactly("1@1+1*", "2@0+1");
    assertThat(step(9)).as("2 is computed again").containsExactly("1@2+1*", "2@1+1*");
    assertThat(batcher.preemptions(RequestClass.BATCH)).isEqualTo(1);
    assertThat(batcher.preemptions(RequestClass.INTERACTIVE)).isZero();
  }

  @Test
  void shouldTakeCellsFromBatchSequencesOnlyIfThatIsEnough() {
    Batcher tight = new Batcher(new BatchLimits(3, 32, 4), 30, 24);
    tight.add(1, RequestClass.INTERACTIVE, prompt(12), 4, 0);
    tight.complete(allContinue(tight.plan(0)));
    tight.add(2, RequestClass.BATCH, prompt(2), 4, 0);
    tight.complete(allContinue(tight.plan(0)));
    tight.add(3, RequestClass.INTERACTIVE, prompt(20), 4, 0);
    StepPlan vain = tight.plan(0);
    assertThat(vain.preempted()).as("20 cells are not there even without 2").isEmpty();
    assertThat(vain.slices()).extracting(Slice::sequence).containsExactly(1L, 2L);
    tight.complete(new StepResult(List.of(new StepResult.Ends(1), new StepResult.Ends(2))));
    assertThat(tight.plan(0).slices()).extracting(Slice::sequence).containsExactly(3L);
  }

  @Test
  void shouldCountQueuesApartSoThatBatchNeverRefusesInteractive() {
    for (int i = 1; i <= 3; i++) {
      add(i, RequestClass.BATCH, 2, 5);
    }
    assertThat(batcher.add(4, RequestClass.BATCH, prompt(2), 5, 0))
        .isEqualTo(new Admission.QueueFull(3, 1));
    for (int i = 5; i <= 7; i++) {
      add(i, 2, 5);
    }
    assertThat(batcher.add(8, RequestClass.INTERACTIVE, prompt(2), 5, 0))
        .isEqualTo(new Admission.QueueFull(3, 1));
  }

  @Test
  void shouldComputeLessBatchWorkInAStepWhenStepsTakeTooLongAndMoreWhenTheyDoNot() {
    Batcher paced = new Batcher(new BatchLimits(1, 64, 1, 0, 1_000), 400, 400);
    paced.add(1, RequestClass.BATCH, prompt(300), 2, 0);
    assertThat(pacedStep(paced, 100)).isEqualTo(1);
    assertThat(pacedStep(paced, 100)).isEqualTo(2);
    assertThat(pacedStep(paced, 100)).isEqualTo(4);
    assertThat(pacedStep(paced, 900)).as("near enough").isEqualTo(8);
    assertThat(pacedStep(paced, 2_000)).as("twice too long").isEqualTo(9);
    assertThat(pacedStep(paced, 900)).isEqualTo(4);
    paced.add(2, RequestClass.INTERACTIVE, prompt(200), 2, 0);
    assertThat(pacedStep(paced, 9_000)).as("interactive work has no such bound").isEqualTo(64);
  }

  private static int pacedStep(Batcher batcher, long nanos) {
    StepPlan plan = batcher.plan(0);
    batcher.complete(allContinue(plan), nanos);
    return plan.tokens();
  }

  @Test
  void shouldForgetAnAbortedSequenceRunningOrWaiting() {
    add(1, 2, 5);
    add(2, 2, 5);
    add(3, 2, 5);
    step(1);
    assertThat(batcher.abort(3)).isTrue();
    assertThat(batcher.abort(1)).isTrue();
    assertThat(batcher.abort(1)).isFalse();
    assertThat(batcher.plan(0).slices()).extracting(Slice::sequence).containsExactly(2L);
  }

  @Test
  void shouldRefuseToPlanTwiceOrToGoOnPastTheLastToken() {
    add(1, 2, 1);
    batcher.plan(0);
    assertThatThrownBy(() -> batcher.plan(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> batcher.abort(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(
            () -> batcher.complete(new StepResult(List.of(new StepResult.Continues(1, 3)))))
        .hasMessageContaining("maxTokens 1");
  }

  @Test
  void shouldNameTheFieldOfABadLimit() {
    assertThatThrownBy(() -> new BatchLimits(0, 1, 1)).hasMessageContaining("maxSequences is 0");
    assertThatThrownBy(() -> new BatchLimits(8, 7, 1))
        .hasMessageContaining("maxBatchedTokens is 7");
    assertThatThrownBy(() -> new BatchLimits(8, 8, -1)).hasMessageContaining("maxQueued is -1");
    assertThatThrownBy(() -> new BatchLimits(8, 8, 1, 0, 0))
        .hasMessageContaining("batchStepNanos is 0");
    assertThatThrownBy(() -> new Batcher(new BatchLimits(8, 8, 1), 10, 11))
        .hasMessageContaining("contextLength is 11");
  }

  private void add(long sequence, int promptTokens, int maxTokens) {
    add(sequence, RequestClass.INTERACTIVE, promptTokens, maxTokens);
  }

  private void add(long sequence, RequestClass requestClass, int promptTokens, int maxTokens) {
    assertThat(batcher.add(sequence, requestClass, prompt(promptTokens), maxTokens, 0))
        .isEqualTo(new Admission.Queued());
  }

  /// Plans and completes a step; sampled sequences go on with the tokens given, then with the last.
  private List<String> step(int... tokens) {
    StepPlan plan = batcher.plan(0);
    int[] next = {0};
    batcher.complete(
        new StepResult(
            plan.slices().stream()
                .filter(Slice::samples)
                .<StepResult.Outcome>map(
                    slice ->
                        new StepResult.Continues(
                            slice.sequence(), tokens[Math.min(next[0]++, tokens.length - 1)]))
                .toList()));
    assertThat(Integrity.check(batcher)).isEmpty();
    return plan.slices().stream()
        .map(s -> s.sequence() + "@" + s.from() + "+" + s.count() + (s.samples() ? "*" : ""))
        .toList();
  }

  private static StepResult allContinue(StepPlan plan) {
    return new StepResult(
        plan.slices().stream()
            .filter(Slice::samples)
            .<StepResult.Outcome>map(slice -> new StepResult.Continues(slice.sequence(), 5))
            .toList());
  }

  private static TokenIds prompt(int tokens) {
    int[] ids = new int[tokens];
    Arrays.fill(ids, 7);
    return TokenIds.of(ids);
  }
}
