package dev.comptroller.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
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
    private final Map<Long, RequestClass> classes = new HashMap<>();
    private final Map<Long, Integer> prompts = new HashMap<>();
    private final List<Long> arrived = new ArrayList<>();
    private final Map<RequestClass, List<Long>> startedInOrder = new EnumMap<>(RequestClass.class);
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
      for (List<Long> started : startedInOrder.values()) {
        assertThat(started).isSubsetOf(arrived);
        assertThat(started).as("first come, first served within a class").isSorted();
      }
    }

    private void arrive() {
      for (int i = random.nextInt(3); i > 0; i--) {
        int promptTokens = 1 + random.nextInt(contextLength - 1);
        int maxTokens = 1 + random.nextInt(contextLength);
        long id = nextId++;
        int[] prompt = random.ints(promptTokens, 0, 1000).toArray();
        RequestClass requestClass =
            random.nextBoolean() ? RequestClass.INTERACTIVE : RequestClass.BATCH;
        boolean full =
            batcher.waiting(requestClass) + batcher.running(requestClass)
                >= limits.maxQueued() + limits.maxSequences();
        switch (batcher.add(id, requestClass, TokenIds.of(prompt), maxTokens, 0)) {
          case Admission.Queued _ -> {
            assertThat(full).isFalse();
            List<Integer> tokens = new ArrayList<>();
            for (int token : prompt) {
              tokens.add(token);
            }
            known.put(id, tokens);
            left.put(id, maxTokens);
            classes.put(id, requestClass);
            prompts.put(id, promptTokens);
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
      long oldest =
          known.keySet().stream().filter(this::interactive).sorted().findFirst().orElse(0L);
      StepPlan plan = batcher.plan(0);
      assertThat(plan.idle()).isEqualTo(known.isEmpty());
      assertThat(plan.tokens()).isLessThanOrEqualTo(limits.maxBatchedTokens());
      assertThat(plan.slices().size()).isLessThanOrEqualTo(limits.maxSequences());
      plan.preempted().forEach(computed::remove);
      plan.cleared().forEach(slots::remove);
      plan.started().forEach(start -> started(start));
      Set<Long> seen = new HashSet<>();
      List<StepResult.Outcome> outcomes = new ArrayList<>();
      for (Slice slice : plan.slices()) {
        assertThat(seen.add(slice.sequence())).isTrue();
        check(slice);
        if (slice.samples()) {
          outcomes.add(sample(slice.sequence()));
        }
      }
      if (oldest != 0) {
        assertThat(seen).as("the oldest interactive always makes progress").contains(oldest);
      }
      checkClasses(plan, seen);
      batcher.complete(new StepResult(outcomes), random.nextLong(200_000_000));
      assertThat(Integrity.check(batcher)).isEmpty();
    }

    private void started(StepPlan.Started start) {
      assertThat(start.requestClass()).isEqualTo(classes.get(start.sequence()));
      startedInOrder
          .computeIfAbsent(start.requestClass(), _ -> new ArrayList<>())
          .add(start.sequence());
    }

    private boolean interactive(long id) {
      return classes.get(id) == RequestClass.INTERACTIVE;
    }

    /* With the plan made and not complete: what the classes were promised. */
    private void checkClasses(StepPlan plan, Set<Long> seen) {
      List<Slice> batch =
          plan.slices().stream().filter(slice -> !interactive(slice.sequence())).toList();
      List<Slice> first = plan.slices().subList(0, plan.slices().size() - batch.size());
      assertThat(first).as("interactive comes first").allMatch(s -> interactive(s.sequence()));
      int interactiveTokens = first.stream().mapToInt(Slice::count).sum();
      boolean catchesUp = first.stream().anyMatch(this::worksTowardsItsFirstToken);
      if (!batch.isEmpty()) {
        assertThat(catchesUp).as("batch leaves first tokens alone").isFalse();
        assertThat(first)
            .as("batch gets what interactive leaves")
            .hasSize(batcher.running(RequestClass.INTERACTIVE));
      }
      if (batcher.running(RequestClass.BATCH) > 0
          && plan.preempted().stream().anyMatch(this::interactive)) {
        assertThat(plan.preempted()).as("batch is preempted before interactive").isEmpty();
      }
      boolean waits = batcher.waiting(RequestClass.INTERACTIVE) > 0;
      if (waits) {
        assertThat(plan.started())
            .as("batch does not start while interactive waits")
            .noneMatch(start -> start.requestClass() == RequestClass.BATCH);
      }
      if (waits
          && interactiveTokens < limits.maxBatchedTokens()
          && batcher.running(RequestClass.BATCH) > 0) {
        long next = nextInteractive(seen);
        int cells = batcher.ledger().free();
        for (Sequence sequence : batcher.runningSequences()) {
          cells += interactive(sequence.id) ? 0 : batcher.ledger().held(sequence.id);
        }
        assertThat(cells)
            .as("interactive waits only for cells that batch does not hold")
            .isLessThan(
                known.getOrDefault(next, List.of()).size()
                    + batcher.running(RequestClass.INTERACTIVE)
                    + 1);
      }
    }

    private boolean worksTowardsItsFirstToken(Slice slice) {
      return slice.from() < prompts.getOrDefault(slice.sequence(), 0);
    }

    /* Waiting ones are the youngest of their class, so the next is the oldest that does not run. */
    private long nextInteractive(Set<Long> seen) {
      Set<Long> running = new HashSet<>(seen);
      batcher.runningSequences().forEach(sequence -> running.add(sequence.id));
      return known.keySet().stream()
          .filter(this::interactive)
          .filter(id -> !running.contains(id))
          .sorted()
          .findFirst()
          .orElse(0L);
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
