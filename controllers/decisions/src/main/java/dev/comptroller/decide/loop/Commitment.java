package dev.comptroller.decide.loop;

import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// Replicas of a rung that may hold GPUs because they were granted.
///
/// More than the grant in force while what was granted before has not been seen to be gone.
///
/// @param deployment the deployment
/// @param variant the rung
/// @param replicas how many, 1 or more
/// @param lowered when the grant fell below this; absent while it covers all of them
public record Commitment(
    String deployment, String variant, int replicas, @Nullable Instant lowered) {
  static final Comparator<Commitment> ORDER =
      Comparator.comparing(Commitment::deployment).thenComparing(Commitment::variant);
}
