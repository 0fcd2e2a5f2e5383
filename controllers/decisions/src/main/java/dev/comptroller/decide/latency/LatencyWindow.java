package dev.comptroller.decide.latency;

import dev.comptroller.decide.capacity.Slo;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How many requests kept a promise over a sliding window, from samples of replicas' histograms.
///
/// What a replica counted before it was first seen is left out. What came between two samples
/// counts when the second was read, in buckets of 1/60 of the window. Not thread-safe: one owner.
public final class LatencyWindow {
  private static final int BUCKETS = 60;

  private final Slo slo;
  private final Duration length;
  private final TreeMap<Long, SloCount> buckets = new TreeMap<>();
  private final Map<String, Last> last = new HashMap<>();
  private @Nullable Instant latest;

  private record Last(Instant at, SloCount count) {}

  /// An empty window for what is promised.
  public LatencyWindow(Slo slo, Duration length) {
    if (length.toMillis() < BUCKETS) {
      throw new IllegalArgumentException("window of %s: need 1 s or more".formatted(length));
    }
    this.slo = slo;
    this.length = length;
  }

  /// Whether it counts for this promise and this long.
  public boolean isFor(Slo promised, Duration window) {
    return slo.equals(promised) && length.equals(window);
  }

  /// Takes a sample in. One that is not newer than the last of its pod is ignored.
  public void add(LatencySample sample) {
    SloCount now =
        new SloCount(
            sample.first().count(),
            sample.first().within(slo.timeToFirstToken()),
            sample.pace().count(),
            sample.pace().within(slo.timePerOutputToken()));
    Last before = last.get(sample.pod());
    if (before != null && !sample.at().isAfter(before.at())) {
      return;
    }
    last.put(sample.pod(), new Last(sample.at(), now));
    if (latest == null || sample.at().isAfter(latest)) {
      latest = sample.at();
    }
    if (before != null) {
      buckets.merge(bucket(sample.at()), now.since(before.count()), SloCount::plus);
    }
    Instant start = sample.at().minus(length);
    buckets.headMap(bucket(start), false).clear();
    last.values().removeIf(old -> old.at().isBefore(start));
  }

  /// What came within the window that ends at `now`.
  public SloCount count(Instant now) {
    return buckets.tailMap(bucket(now.minus(length)), false).values().stream()
        .reduce(SloCount.NONE, SloCount::plus);
  }

  /// Whether a sample is younger than `age`.
  public boolean isFresh(Instant now, Duration age) {
    return latest != null && latest.plus(age).isAfter(now);
  }

  private long bucket(Instant at) {
    return Math.floorDiv(at.toEpochMilli(), length.toMillis() / BUCKETS);
  }
}
