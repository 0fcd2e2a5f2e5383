package dev.comptroller.decide.plan;

import dev.comptroller.decide.Explanation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Why a plan serves a deployment as it does.
///
/// @param choice the choice with its figures, what bound it, and every offer with its dollars, CPM,
///   quality and what spoke against it
/// @param slo capacity within the SLO against the need
/// @param target whether the target CPM is met; absent if none is set
/// @param gapPerMillion how much of the fleet's cost, in millionths, is not proven necessary
public record PlanExplanation(
    Explanation choice, String slo, @Nullable TargetVerdict target, long gapPerMillion) {
  /// The verdict about the target CPM, if one is set.
  public Optional<TargetVerdict> targetVerdict() {
    return Optional.ofNullable(target);
  }

  /// All of it in a line, candidates apart.
  public String line() {
    String goal = target == null ? "" : "; " + target.message();
    return "%s; %s; bound by %s%s; gap %d.%02d %%"
        .formatted(
            choice.summary(),
            slo,
            choice.binding(),
            goal,
            gapPerMillion / 10_000,
            gapPerMillion / 100 % 100);
  }
}
