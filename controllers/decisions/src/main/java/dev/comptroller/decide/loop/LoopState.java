package dev.comptroller.decide.loop;

import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.heat.HeatState;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What has to be remembered between two decisions.
///
/// @param heat the heat ladder's
/// @param grants in force, one per deployment, ordered by it
/// @param commitments replicas that may hold GPUs because they were granted, whatever is seen,
///   ordered by deployment and variant
/// @param fundedUntil as last decided; absent if the budget is not hard or nothing was decided
/// @param needs what each hour of the day would run without the budget
/// @param work what the demand of each hour of the day takes, as far as it is measured
/// @param allotment what others may charge; absent if the budget is not hard or nothing was decided
public record LoopState(
    HeatState heat,
    List<Grant> grants,
    List<Commitment> commitments,
    @Nullable Instant fundedUntil,
    Needs needs,
    Work work,
    @Nullable Allotment allotment) {
  /// Nothing decided yet.
  public static final LoopState EMPTY =
      new LoopState(HeatState.EMPTY, List.of(), List.of(), null, Needs.NONE, Work.NONE, null);

  public LoopState {
    grants = grants.stream().sorted(Comparator.comparing(Grant::deployment)).toList();
    commitments = commitments.stream().sorted(Commitment.ORDER).toList();
  }

  /// The grant of a deployment.
  public Optional<Grant> grant(String deployment) {
    return grants.stream().filter(grant -> grant.deployment().equals(deployment)).findFirst();
  }

  /// The commitments of a deployment.
  public List<Commitment> commitments(String deployment) {
    return commitments.stream().filter(each -> each.deployment().equals(deployment)).toList();
  }
}
