package dev.comptroller.decide.loop;

import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// Replicas of a rung that may hold GPUs because they were granted.
///
/// @param deployment the deployment
/// @param variant the rung
/// @param replicas how many are granted
/// @param going how many more were granted before and have not been seen to be gone
/// @param lowered when a grant last fell; absent if none are going
public record Commitment(
    String deployment, String variant, int replicas, int going, @Nullable Instant lowered) {
  static final Comparator<Commitment> ORDER =
      Comparator.comparing(Commitment::deployment).thenComparing(Commitment::variant);

  public Commitment {
    if (replicas < 0 || going < 0) {
      throw new IllegalArgumentException(
          "%d replicas of %s of %s and %d going: need zero or more"
              .formatted(replicas, variant, deployment, going));
    }
  }
}
