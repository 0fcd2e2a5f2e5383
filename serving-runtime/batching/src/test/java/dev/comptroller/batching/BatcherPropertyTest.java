package dev.comptroller.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class BatcherPropertyTest {
  @Property(tries = 400)
  void shouldKeepItsPromisesForAnyTraffic(
      @ForAll @IntRange(min = 1, max = 6) int maxSequences,
      @ForAll @IntRange(min = 0, max = 20) int extraTokens,
      @ForAll @IntRange(min = 0, max = 10) int maxQueued,
      @ForAll @IntRange(min = 12, max = 60) int kvCells,
      @ForAll long seed) {
    BatchLimits limits = new BatchLimits(maxSequences, maxSequences + extraTokens, maxQueued);
    new Traffic(limits, kvCells, Math.min(kvCells, 30), new Random(seed)).run();
  }

  /// Random arrivals, ends and aborts against a batcher, with everything checked at every step.
  private static final class Traffic {
    private final BatchLimits limits;
    private final int contextLength;
    private final Batcher batcher;
    private final Random random;
    private final Map<Long, List<Integer>> known = new HashMap<>();
    private final Map<Long, Integer> left = new HashMap<>();
    private final Map<Long, Integer> computed = new HashMap<>();
    private final Map<Integer, Long> slots = new HashMap<>();
    private final List<Long> arrived = new ArrayList<>();
    private final List<Long> startedInOrder = new ArrayList<>();
    private long nextId = 1;

    Traffic(BatchLimits limits, int kvCells, int contextLength, Random random) {
      this.limits = limits;
      this.contextLength = contextLength;
      this.batcher = new Batcher(limits, kvCells, contextLength);
      this.random = random;
    }

    void run() {
      for (int step = 0; step < 60; step++) {
        arrive();
        abortSometimes();
        step();
      }
      int steps = 0;
      while (!batcher.empty()) {
        step();
        assertThat(++steps).as("every sequence ends").isLessThan(5_000);
      }
      assertThat(known).isEmpty();
      assertThat(batcher.ledger().free()).isEqualTo(batcher.ledger().total());
      assertThat(startedInOrder).isSubsetOf(arrived);
      assertThat(startedInOrder).as("first come, first served").isSorted();
    }

    private void arrive() {
      for (int i = random.nextInt(3); i > 0; i--) {
        int promptTokens = 1 + random.nextInt(contextLength - 1);
        int maxTokens = 1 + random.nextInt(contextLength);
        long id = nextId++;
        int[] prompt = random.ints(promptTokens, 0, 1000).toArray();
        int room = limits.maxQueued() + limits.maxSequences() - batcher.running();
        boolean full = batcher.waiting() >= room;
        switch (batcher.add(id, TokenIds.of(prompt), maxTokens, 0)) {
          case Admission.Queued _ -> {
            assertThat(full).isFalse();
            List<Integer> tokens = new ArrayList<>();
            for (int token : prompt) {
              tokens.add(token);
            }
            known.put(id, tokens);
            left.put(id, maxTokens);
            arrived.add(id);
          }
          case Admission.QueueFull _ -> assertThat(full).isTrue();
          case Admission.TooLong _ ->
              assertThat(promptTokens + maxTokens).isGreaterThan(contextLength);
        }
      }
    }

    private void abortSometimes() {
      if (random.nextInt(5) == 0 && !arrived.isEmpty()) {
        long id = arrived.get(random.nextInt(arrived.size()));
        assertThat(batcher.abort(id)).isEqualTo(known.containsKey(id));
        forget(id);
      }
      assertThat(Integrity.check(batcher)).isEmpty();
    }

    private void step() {
      long oldest = known.keySet().stream().mapToLong(id -> id).min().orElse(0);
      StepPlan plan = batcher.plan(0);
      assertThat(plan.idle()).isEqualTo(known.isEmpty());
      assertThat(plan.tokens()).isLessThanOrEqualTo(limits.maxBatchedTokens());
      assertThat(plan.slices().size()).isLessThanOrEqualTo(limits.maxSequences());
      plan.preempted().forEach(computed::remove);
      plan.cleared().forEach(slots::remove);
      plan.started().forEach(start -> startedInOrder.add(start.sequence()));
      Set<Long> seen = new HashSet<>();
      List<StepResult.Outcome> outcomes = new ArrayList<>();
      for (Slice slice : plan.slices()) {
        assertThat(seen.add(slice.sequence())).isTrue();
        check(slice);
        if (slice.samples()) {
          outcomes.add(sample(slice.sequence()));
        }
      }
      if (!known.isEmpty() && !plan.idle()) {
        assertThat(seen).as("the oldest always makes progress").contains(oldest);
      }
      batcher.complete(new StepResult(outcomes));
      assertThat(Integrity.check(batcher)).isEmpty();
    }

    private void check(Slice slice) {
      List<Integer> tokens = known.getOrDefault(slice.sequence(), List.of());
      int from = computed.getOrDefault(slice.sequence(), 0);
      assertThat(slice.from()).as("no gap, nothing twice").isEqualTo(from);
      for (int i = 0; i < slice.count(); i++) {
        assertThat(slice.tokens().at(i)).isEqualTo(tokens.get(from + i));
      }
      int after = from + slice.count();
      assertThat(slice.samples()).isEqualTo(after == tokens.size());
      computed.put(slice.sequence(), after);
      Long holder = slots.putIfAbsent(slice.slot(), slice.sequence());
      assertThat(holder).as("one sequence in a slot").isIn(null, slice.sequence());
    }

    private StepResult.Outcome sample(long id) {
      int remaining = left.getOrDefault(id, 0) - 1;
      if (remaining == 0 || random.nextInt(12) == 0) {
        forget(id);
        return new StepResult.Ends(id);
      }
      int token = random.nextInt(1000);
      left.put(id, remaining);
      known.computeIfAbsent(id, _ -> new ArrayList<>()).add(token);
      return new StepResult.Continues(id, token);
    }

    private void forget(long id) {
      known.remove(id);
      left.remove(id);
      computed.remove(id);
    }
  }
}
