package dev.comptroller.reconcile.status;

import dev.comptroller.decide.publish.Figures;
import dev.comptroller.decide.publish.Quanta;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Remembers when each status was last written, and says when the next write is due.
///
/// A restart forgets it: the first figure that moved after it is published at once.
public final class Publication {
  private final Map<String, Instant> writtenAt = new ConcurrentHashMap<>();
  private final Duration staleness;

  /// @param staleness the longest that a figure that moved stays unpublished
  public Publication(Duration staleness) {
    this.staleness = staleness;
  }

  /// What to do with a status.
  ///
  /// @param write whether to write it now
  /// @param again when to look at it again for the sake of figures that wait; absent if none does
  public record Plan(boolean write, Optional<Duration> again) {}

  /// What to do about `object`, whose status shows `previous` and should show `next`.
  public Plan plan(HasMetadata object, Figures previous, Figures next, long limit, Instant now) {
    String uid = object.getMetadata().getUid();
    Instant written = writtenAt.getOrDefault(uid, Instant.EPOCH);
    return switch (Quanta.decide(previous, written, next, limit, staleness, now)) {
      case Quanta.Verdict.Publish(_) -> {
        writtenAt.put(uid, now);
        yield new Plan(true, Optional.empty());
      }
      case Quanta.Verdict.Wait(Instant until) ->
          new Plan(false, Optional.of(Duration.between(now, until)));
      case Quanta.Verdict.Unchanged() -> new Plan(false, Optional.empty());
    };
  }

  /// Forgets an object that is gone.
  public void forget(String uid) {
    writtenAt.remove(uid);
  }
}
