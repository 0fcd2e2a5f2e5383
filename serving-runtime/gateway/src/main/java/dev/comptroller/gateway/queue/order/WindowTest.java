package dev.comptroller.gateway.queue.order;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The admission test: can a batch be done in its window, beside the work that is promised already?
///
/// Items run earliest deadline first, each on one of `m` equal slots, and all of them are there
/// now. Then an item starts no later than when the work before it is spread evenly, so the work up
/// to a deadline is done no later than `W / m + largest * (m - 1) / m`: if that is in time for
/// every deadline, the window is *kept*. No order at all does it before `max(W / m, largest)`: if
/// that is late, the batch is *impossible*. In between it is *doubtful*.
///
/// Properties: kept implies that list scheduling by deadline meets every deadline; impossible
/// implies that no assignment of items to slots does.
public final class WindowTest {
  private WindowTest() {}

  /// Judges a batch.
  ///
  /// @param promised what is queued or running, all batches of the model
  /// @param asked the new batch
  /// @param capacity of the idle slots
  public static Verdict judge(List<Work> promised, Work asked, Capacity capacity, Instant now) {
    if (!capacity.known()) {
      return new Verdict.Unmeasured(
          "no throughput of idle slots is known yet: the first items that run will tell");
    }
    List<Work> all = new ArrayList<>(promised);
    all.add(asked);
    all.sort(Comparator.comparing(Work::deadline));
    long before = 0;
    long largest = 0;
    Instant atTheLatest = now;
    String doubt = "";
    for (Work work : all) {
      before = Math.addExact(before, work.tokens());
      largest = Math.max(largest, work.largest());
      Instant earliest =
          now.plusMillis(Math.max(capacity.onAllSlots(before), capacity.onOneSlot(largest)));
      Instant latest =
          now.plusMillis(
              capacity.onAllSlots(
                  Math.addExact(before, Math.multiplyExact(largest, capacity.slots() - 1L))));
      boolean own = !work.deadline().isAfter(asked.deadline());
      if (work.deadline().isBefore(asked.deadline())) {
        // Work before it is promised already: it only takes room.
        continue;
      }
      if (own) {
        atTheLatest = latest;
      }
      if (earliest.isAfter(work.deadline())
          && (own || feasibleWithout(promised, work, capacity, now))) {
        return new Verdict.Impossible(
            earliest, numbers(before, capacity, now, earliest, work.deadline(), own));
      }
      if (doubt.isEmpty() && latest.isAfter(work.deadline())) {
        doubt = numbers(before, capacity, now, latest, work.deadline(), own);
      }
    }
    return doubt.isEmpty()
        ? new Verdict.Kept(atTheLatest)
        : new Verdict.Doubtful(atTheLatest, doubt);
  }

  /// Whether a promise could be kept before the new batch came: one that was lost anyway is no
  /// reason to refuse.
  private static boolean feasibleWithout(
      List<Work> promised, Work judged, Capacity capacity, Instant now) {
    long tokens = 0;
    long largest = 0;
    for (Work work : promised) {
      if (!work.deadline().isAfter(judged.deadline())) {
        tokens = Math.addExact(tokens, work.tokens());
        largest = Math.max(largest, work.largest());
      }
    }
    long millis = Math.max(capacity.onAllSlots(tokens), capacity.onOneSlot(largest));
    return !now.plusMillis(millis).isAfter(judged.deadline());
  }

  private static String numbers(
      long tokens, Capacity capacity, Instant now, Instant done, Instant deadline, boolean own) {
    return "%d tokens are due by %s%s, %d idle slots do %d tokens/s, so they take %s of the %s left"
        .formatted(
            tokens,
            deadline,
            own ? "" : " for work that is promised already",
            capacity.slots(),
            capacity.tokensPerSecond(),
            Duration.between(now, done),
            Duration.between(now, deadline));
  }
}
