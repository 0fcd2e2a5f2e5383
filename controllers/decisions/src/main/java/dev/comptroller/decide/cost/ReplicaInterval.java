package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// The time during which a replica occupies its GPUs.
///
/// Whole seconds, as the API gives them: a start with a fraction counts from its whole second, an
/// end with a fraction to its whole second; an end before the start counts as the start.
///
/// @param uid pod uid
/// @param pool pool of its node
/// @param type how its node is paid for
/// @param gpus GPUs that it holds
/// @param start `PodScheduled=True` transition
/// @param end whether and when it ended
public record ReplicaInterval(
    String uid, String pool, CapacityType type, int gpus, Instant start, End end) {
  public ReplicaInterval {
    if (gpus < 0) {
      throw new IllegalArgumentException("replica %s holds %d GPUs".formatted(uid, gpus));
    }
    start = start.truncatedTo(ChronoUnit.SECONDS);
    end =
        switch (end) {
          case Running running -> running;
          case Known(Instant at) -> new Known(notBefore(start, at));
          case UpperBound(Instant at) -> new UpperBound(notBefore(start, at));
        };
  }

  /// Whether and when a replica ended.
  public sealed interface End {}

  /// It has not ended.
  public record Running() implements End {}

  /// It ended then: its last container's `finishedAt`, or its deletion if none ever ran.
  public record Known(Instant at) implements End {}

  /// It ended then at the latest: its node is gone, and the truth is not known.
  public record UpperBound(Instant at) implements End {}

  /// Where the interval ends as seen at `now`.
  public Instant endAt(Instant now) {
    return switch (end) {
      case Running() -> notBefore(start, now);
      case Known(Instant at) -> at;
      case UpperBound(Instant at) -> at;
    };
  }

  /// Whether it ended.
  public boolean isClosed() {
    return switch (end) {
      case Running() -> false;
      case Known(_), UpperBound(_) -> true;
    };
  }

  private static Instant notBefore(Instant start, Instant at) {
    Instant whole = at.truncatedTo(ChronoUnit.SECONDS);
    return whole.isBefore(start) ? start : whole;
  }
}
