package dev.comptroller.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.batching.Admission;
import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.Batcher;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.batching.StepResult;
import dev.comptroller.batching.TokenIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a full batch queue does to the time to first token, in virtual time: minutes of random
/// arrivals, alone and with 5,000 batch items queued all the time.
class InteractiveLatencyTest {
  private static final int BATCH_ITEMS = 5_000;
  private static final long SECOND = 1_000_000_000;

  @Test
  void shouldHardlyNoticeAFullBatchQueueOnAFastEngine() {
    var fast = new SimulatedOptions(4096, 64, 2048, 262_144, 0, 8_000_000, 25_000, 2);
    compare("8 ms + 25 us a token", fast, 6.0, 600);
  }

  @Test
  void shouldHardlyNoticeAFullBatchQueueOnASlowEngine() {
    var slow = new SimulatedOptions(2048, 16, 512, 32_768, 0, 10_000_000, 2_000_000, 100);
    compare("10 ms + 2 ms a token", slow, 0.25, 1_800);
  }

  private static void compare(
      String name, SimulatedOptions options, double perSecond, int seconds) {
    Traffic alone = new Traffic(options, perSecond, seconds, 0);
    alone.run();
    Traffic mixed = new Traffic(options, perSecond, seconds, BATCH_ITEMS);
    mixed.run();
    double ratio = (double) mixed.p99() / alone.p99();
    System.out.printf(
        "%s, %.2f/s: p99 time to first token %.1f ms alone, %.1f ms beside %d batch items: %.3f;"
            + " median %.1f and %.1f ms; %d batch tokens, %d preemptions%n",
        name,
        perSecond,
        alone.p99() / 1e6,
        mixed.p99() / 1e6,
        BATCH_ITEMS,
        ratio,
        alone.quantile(0.5) / 1e6,
        mixed.quantile(0.5) / 1e6,
        mixed.batchTokens,
        mixed.batcher.preemptions(RequestClass.BATCH));
    assertThat(alone.firstTokens).hasSameSizeAs(mixed.firstTokens).hasSizeGreaterThan(300);
    assertThat(mixed.batchTokens).as("batch work runs beside").isGreaterThan(10_000);
    assertThat(ratio).isLessThanOrEqualTo(1.10);
  }

  /// One run: the batcher and the simulated engine, a virtual clock, one random source.
  private static final class Traffic {
    final List<Long> firstTokens = new ArrayList<>();
    final Batcher batcher;
    long batchTokens;
    private final SimulatedEngine engine;
    private final VirtualClock clock = new VirtualClock();
    private final Random random = new Random(7);
    private final double perSecond;
    private final int seconds;
    private final Map<Long, Long> submitted = new HashMap<>();
    private final Map<Long, Integer> left = new HashMap<>();
    private final SimulatedOptions options;
    private final Set<Long> batch = new HashSet<>();
    private final List<Long> ended = new ArrayList<>();
    private long nextArrival;
    private long nextId = 1;

    Traffic(SimulatedOptions options, double perSecond, int seconds, int batchItems) {
      this.options = options;
      this.perSecond = perSecond;
      this.seconds = seconds;
      this.engine = new SimulatedEngine(options, clock);
      this.batcher =
          new Batcher(
              new BatchLimits(options.maxSequences(), options.maxBatchedTokens(), BATCH_ITEMS),
              options.kvCells(),
              options.contextLength());
      for (int i = 0; i < batchItems; i++) {
        addBatch();
      }
      nextArrival = gap();
    }

    void run() {
      while (clock.getAsLong() < seconds * SECOND || !submitted.isEmpty()) {
        while (nextArrival <= Math.min(clock.getAsLong(), seconds * SECOND)) {
          arrive();
        }
        if (batcher.empty()) {
          clock.nanos(nextArrival - clock.getAsLong());
        } else {
          compute(batcher.plan(clock.getAsLong()));
        }
      }
    }

    long p99() {
      return quantile(0.99);
    }

    long quantile(double q) {
      List<Long> sorted = firstTokens.stream().sorted().toList();
      return sorted.get((int) (q * (sorted.size() - 1)));
    }

    /* Both runs draw the same numbers in the same order, so they see the same requests. */
    private void arrive() {
      int prompt = 50 + random.nextInt(400);
      long id = add(RequestClass.INTERACTIVE, prompt, 20 + random.nextInt(200));
      submitted.put(id, nextArrival);
      nextArrival += gap();
    }

    private long gap() {
      return (long) (-Math.log(1 - random.nextDouble()) / perSecond * SECOND);
    }

    /* Its length comes from no random source, so that interactive requests are the same. */
    private void addBatch() {
      batch.add(add(RequestClass.BATCH, (int) (200 + nextId * 37 % 400), 400));
    }

    private boolean isBatch(long id) {
      return batch.contains(id);
    }

    private long add(RequestClass requestClass, int prompt, int answer) {
      long id = nextId++;
      Admission admission =
          batcher.add(id, requestClass, TokenIds.of(new int[prompt]), answer, clock.getAsLong());
      assertThat(admission).isEqualTo(new Admission.Queued());
      left.put(id, answer);
      return id;
    }

    private void compute(StepPlan plan) {
      long begin = clock.getAsLong();
      engine.step(plan, (_, _) -> {});
      List<StepResult.Outcome> outcomes = new ArrayList<>();
      for (Slice slice : plan.slices()) {
        if (slice.samples()) {
          outcomes.add(sampled(slice.sequence()));
        }
      }
      assertThat(plan.tokens()).isLessThanOrEqualTo(options.maxBatchedTokens());
      batcher.complete(new StepResult(outcomes), clock.getAsLong() - begin);
      for (long id : ended) {
        if (isBatch(id)) {
          addBatch();
        }
      }
      ended.clear();
    }

    private StepResult.Outcome sampled(long id) {
      Long since = submitted.remove(id);
      if (since != null) {
        firstTokens.add(clock.getAsLong() - since);
      }
      int remaining = left.merge(id, -1, Integer::sum);
      batchTokens += isBatch(id) ? 1 : 0;
      if (remaining > 0) {
        return new StepResult.Continues(id, 1);
      }
      ended.add(id);
      return new StepResult.Ends(id);
    }
  }
}
