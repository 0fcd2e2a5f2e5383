package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What serves a deployment in a plan.
///
/// @param demand what was asked
/// @param picks replicas by offer; empty if nothing serves
/// @param quality the lowest quality that serves; absent if nothing does
/// @param capacity tokens a second that these replicas serve within the SLO
/// @param hourly dollars an hour of their GPUs, whoever has paid for them: what the namespace is
///   billed
/// @param cost dollars an hour that they cost more: their share of further nodes, risk, starts
/// @param shortBy what keeps it from more, with numbers; empty if all of the need is served
/// @param target whether the target CPM is met, and if not, why; absent if none is set
public record DeploymentPlan(
    DeploymentDemand demand,
    List<Pick> picks,
    @Nullable BigDecimal quality,
    TokensPerSecond capacity,
    HourlyRate hourly,
    HourlyRate cost,
    List<String> shortBy,
    @Nullable TargetVerdict target) {
  public DeploymentPlan {
    picks = List.copyOf(picks);
    shortBy = List.copyOf(shortBy);
  }

  /// Whether the demand, its headroom and the fewest replicas are there.
  public boolean isFull() {
    return shortBy.isEmpty();
  }

  /// Replicas of all offers.
  public int replicas() {
    return picks.stream().mapToInt(Pick::replicas).sum();
  }

  /// Replicas of an offer.
  public int replicas(String variant, Place place) {
    return picks.stream()
        .filter(pick -> pick.offer().variant().equals(variant))
        .filter(pick -> pick.offer().place().equals(place))
        .mapToInt(Pick::replicas)
        .sum();
  }

  /// Full CPM: the bill over the tokens that are served; absent if none are.
  public Optional<Cpm> cpm() {
    TokensPerSecond served = capacity.compareTo(demand.demand()) < 0 ? capacity : demand.demand();
    return Cpm.of(hourly, served);
  }
}
