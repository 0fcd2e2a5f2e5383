package dev.comptroller.gateway.queue.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowJudgementTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

  /// Items of one batch; tokens are seconds on one slot.
  private record Job(int deadline, List<Integer> items) {
    Work work() {
      return new Work(
          NOW.plusSeconds(deadline),
          items.stream().mapToInt(it -> it).sum(),
          items.stream().mapToInt(it -> it).max().orElse(0));
    }
  }

  private static Capacity slots(int slots) {
    return new Capacity(slots, 1_000);
  }

  private static Job job(Random random) {
    List<Integer> items = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      items.add(1 + random.nextInt(6));
    }
    return new Job(1 + random.nextInt(16), items);
  }

  /// Whether list scheduling by deadline meets every deadline of the jobs.
  private static boolean byDeadline(List<Job> jobs, int slots) {
    int[] free = new int[slots];
    List<Job> ordered = new ArrayList<>(jobs);
    ordered.sort(Comparator.comparingInt(Job::deadline));
    boolean met = true;
    for (Job job : ordered) {
      for (int item : job.items()) {
        Arrays.sort(free);
        free[0] += item;
        met &= free[0] <= job.deadline();
      }
    }
    return met;
  }

  /// Whether any assignment of items to slots meets every deadline; within a slot the order by
  /// deadline is the best one.
  private static boolean somehow(List<Job> jobs, int slots) {
    List<int[]> items = new ArrayList<>();
    jobs.stream()
        .sorted(Comparator.comparingInt(Job::deadline))
        .forEach(job -> job.items().forEach(it -> items.add(new int[] {it, job.deadline()})));
    return place(items, 0, new int[slots]);
  }

  private static boolean place(List<int[]> items, int at, int[] busy) {
    if (at == items.size()) {
      return true;
    }
    int[] item = items.get(at);
    for (int slot = 0; slot < busy.length; slot++) {
      if (busy[slot] + item[0] <= item[1]) {
        busy[slot] += item[0];
        if (place(items, at + 1, busy)) {
          return true;
        }
        busy[slot] -= item[0];
      }
    }
    return false;
  }

  @Test
  void shouldPromiseOnlyWhatSchedulingByDeadlineKeepsAndRefuseOnlyWhatNoScheduleKeeps() {
    Random random = new Random(20260301);
    int kept = 0;
    int doubtful = 0;
    int impossible = 0;
    for (int round = 0; round < 20_000; round++) {
      int slots = 1 + random.nextInt(3);
      List<Job> promised = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        promised.add(job(random));
      }
      Job asked = job(random);
      List<Job> all = new ArrayList<>(promised);
      all.add(asked);
      Verdict verdict =
          WindowTest.judge(
              promised.stream().map(Job::work).toList(), asked.work(), slots(slots), NOW);
      switch (verdict) {
        case Verdict.Kept(Instant by) -> {
          kept++;
          if (byDeadline(promised, slots)) {
            assertThat(byDeadline(all, slots)).as("%s on %d", all, slots).isTrue();
          }
          assertThat(by).isBeforeOrEqualTo(NOW.plusSeconds(asked.deadline()));
        }
        case Verdict.Impossible(Instant _, String reason) -> {
          impossible++;
          assertThat(somehow(all, slots)).as("%s on %d: %s", all, slots, reason).isFalse();
          assertThat(reason).contains("tokens are due by", "idle slots do");
        }
        case Verdict.Doubtful(Instant _, String reason) -> {
          doubtful++;
          assertThat(reason).isNotEmpty();
        }
        case Verdict.Unmeasured(_) -> throw new AssertionError("the capacity is known");
      }
    }
    assertThat(List.of(kept, doubtful, impossible)).allMatch(count -> count > 1_000);
  }

  @Test
  void shouldNotRefuseForTheSakeOfAPromiseThatWasLostAnyway() {
    Work lost = new Work(NOW.plusSeconds(20), 100, 10);
    Work asked = new Work(NOW.plusSeconds(5), 4, 1);
    assertThat(WindowTest.judge(List.of(lost), asked, slots(2), NOW))
        .isInstanceOf(Verdict.Doubtful.class);
  }

  @Test
  void shouldSayThatNothingIsKnownBeforeTheFirstMeasurement() {
    Work asked = new Work(NOW.plus(Duration.ofDays(1)), 1, 1);
    assertThat(WindowTest.judge(List.of(), asked, Capacity.UNKNOWN, NOW))
        .isInstanceOf(Verdict.Unmeasured.class);
  }

  @Test
  void shouldGiveEachSlotToTheEarliestDeadlineAndTiesToWhoWaits() {
    Random random = new Random(7);
    for (int round = 0; round < 5_000; round++) {
      List<Long> waiting = ascending(random);
      List<Long> items = ascending(random);
      int slots = random.nextInt(8);
      EarliestDeadline.Share share = EarliestDeadline.of(slots, waiting, items);
      assertThat(share.waiting() + share.items())
          .isEqualTo(Math.min(slots, waiting.size() + items.size()));
      if (share.waiting() > 0 && share.items() < items.size()) {
        assertThat(waiting.get(share.waiting() - 1)).isLessThanOrEqualTo(items.get(share.items()));
      }
      if (share.items() > 0 && share.waiting() < waiting.size()) {
        assertThat(items.get(share.items() - 1)).isLessThan(waiting.get(share.waiting()));
      }
    }
  }

  private static List<Long> ascending(Random random) {
    return random.longs(random.nextInt(6), 0, 10).sorted().boxed().toList();
  }

  @Test
  void shouldKeepOneSlotFreeForTheNextInteractiveRequest() {
    assertThat(IdleSlots.of(8, 0)).isEqualTo(7);
    assertThat(IdleSlots.of(8, 5)).isEqualTo(2);
    assertThat(IdleSlots.of(8, 9)).isZero();
    assertThat(IdleSlots.of(1, 0)).isEqualTo(1);
    assertThat(IdleSlots.of(1, 1)).isZero();
  }
}
