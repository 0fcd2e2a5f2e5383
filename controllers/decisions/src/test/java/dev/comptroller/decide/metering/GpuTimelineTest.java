package dev.comptroller.decide.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.Money;
import dev.comptroller.metering.GpuState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class GpuTimelineTest {
  private static GpuInterval interval(GpuState state, long start, long end) {
    return new GpuInterval(state, start, end);
  }

  @Test
  void shouldNameEveryGapAndOverlap() {
    GpuTimeline timeline =
        new GpuTimeline(
            0,
            100,
            List.of(
                interval(GpuState.Step, 40, 60),
                interval(GpuState.Load, 10, 50),
                interval(GpuState.Idle, 60, 110)));
    assertThat(timeline.flaws().stream().map(GpuTimeline.Flaw::message))
        .containsExactly(
            "10 ns from 0 on are in no state",
            "Step from 40 on begins before Load ends at 50",
            "Idle from 60 to 110 lies outside");
    assertThat(timeline.nanos()).isEmpty();
    assertThat(timeline.split(Money.parse("1"))).isEmpty();
  }

  @Test
  void shouldSplitTheBillOverStatesToTheMicroDollar() {
    GpuTimeline timeline =
        new GpuTimeline(0, 3, List.of(interval(GpuState.Step, 0, 1), interval(GpuState.Idle, 2, 3)))
            .observed();
    assertThat(timeline.split(Money.parse("1")).orElseThrow())
        .isEqualTo(
            Map.of(
                GpuState.Step, new Money(333_334),
                GpuState.Idle, new Money(333_333),
                GpuState.Unobserved, new Money(333_333)));
  }

  private static List<GpuInterval> tiles(Random random, long end) {
    List<GpuState> states = List.of(GpuState.values());
    List<GpuInterval> tiles = new ArrayList<>();
    for (long cursor = 0; cursor < end; ) {
      long next = Math.min(end, cursor + 1 + random.nextInt(40));
      tiles.add(interval(states.get(random.nextInt(states.size())), cursor, next));
      cursor = next;
    }
    Collections.shuffle(tiles, random);
    return tiles;
  }

  @Property(tries = 300)
  void shouldConserveTimeAndMoneyWhereIntervalsTile(
      @ForAll @LongRange(min = 1, max = 2_000) long end,
      @ForAll @LongRange(min = 0) long bill,
      @ForAll long seed) {
    Random random = new Random(seed);
    GpuTimeline timeline = new GpuTimeline(0, end, tiles(random, end));
    assertThat(timeline.flaws()).isEmpty();
    SortedMap<GpuState, Long> nanos = timeline.nanos().orElseThrow();
    assertThat(nanos.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(end);
    SortedMap<GpuState, Money> split = timeline.split(new Money(bill)).orElseThrow();
    assertThat(split.values().stream().mapToLong(Money::micros).sum()).isEqualTo(bill);
  }

  /// Against a count nanosecond by nanosecond: tiled means that each is covered exactly once.
  @Property(tries = 500)
  void shouldFindAFlawExactlyWhereANanosecondIsNotCoveredOnce(@ForAll long seed) {
    Random random = new Random(seed);
    long end = 1 + random.nextLong(60);
    List<GpuInterval> intervals = new ArrayList<>(tiles(random, end));
    if (random.nextInt(3) != 0) {
      GpuInterval changed = intervals.removeLast();
      long start = changed.start() + random.nextInt(5) - 2;
      long stop = Math.max(start + 1, changed.end() + random.nextInt(5) - 2);
      if (random.nextBoolean()) {
        intervals.add(interval(changed.state(), start, stop));
      }
    }
    int[] covered = new int[200];
    for (GpuInterval interval : intervals) {
      for (long at = interval.start(); at < interval.end(); at++) {
        covered[(int) at + 100]++;
      }
    }
    boolean tiled = true;
    boolean twice = false;
    boolean outside = false;
    for (int at = 0; at < covered.length; at++) {
      boolean inside = at >= 100 && at < 100 + end;
      tiled &= covered[at] == (inside ? 1 : 0);
      twice |= covered[at] > 1;
      outside |= !inside && covered[at] > 0;
    }
    GpuTimeline timeline = new GpuTimeline(0, end, intervals);
    assertThat(timeline.flaws().isEmpty()).isEqualTo(tiled);
    assertThat(timeline.observed().flaws().isEmpty()).isEqualTo(!twice && !outside);
  }
}
