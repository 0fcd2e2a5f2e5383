package dev.comptroller.gateway.queue.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CoarseTest {
  private static final long MINUTE = 60_000;
  private static final long DAY = 24 * 60 * MINUTE;

  @Test
  void shouldTellOfAllWorkNoLaterThanItIsDueAndInFewSteps() {
    Random random = new Random(1);
    long now = 1_790_000_000_000L;
    SortedMap<Long, Long> exact = new TreeMap<>();
    for (int i = 0; i < 2_000; i++) {
      exact.merge(now + random.nextLong(DAY), 1 + random.nextLong(1_000), Long::sum);
    }
    exact.put(now - 1, 5L);
    exact.put(now, 5L);
    SortedMap<Long, Long> coarse = Coarse.of(exact, now);
    assertThat(coarse.size()).isLessThanOrEqualTo(150);
    assertThat(coarse.firstKey()).isGreaterThan(now);
    assertThat(sum(coarse)).isEqualTo(sum(exact.tailMap(now + 1)));
    for (long by : exact.tailMap(now + 1).keySet()) {
      // Whatever is due by then is told to be, and nothing that is due far later.
      long told = sum(coarse.headMap(by + 1));
      assertThat(told).isGreaterThanOrEqualTo(sum(exact.subMap(now + 1, by + 1)));
      long later = by + Math.max(MINUTE, (by - now) / 15);
      assertThat(told).isLessThanOrEqualTo(sum(exact.subMap(now + 1, later + 1)));
    }
  }

  private static long sum(SortedMap<Long, Long> tokens) {
    return tokens.values().stream().mapToLong(Long::longValue).sum();
  }
}
