package dev.comptroller.decide.loop;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is known of a deployment.
///
/// @param name its name
/// @param active the rung that gets new requests; absent if none does
/// @param holdings replicas that hold GPUs, by variant and whether they leave
/// @param variants what each rung could be had for
/// @param demand tokens a second that are asked for; absent if that is not measured
/// @param repeats the minutes after which it comes again as it was in them; empty if it does not
/// @param changes how long a change to a rung takes, where one was made
public record DeploymentSeen(
    String name,
    @Nullable String active,
    List<Holding> holdings,
    List<VariantSeen> variants,
    @Nullable TokensPerSecond demand,
    List<TokensPerSecond> repeats,
    Map<String, Duration> changes) {
  /// A deployment whose demand does not repeat, and whose rung never changed.
  public DeploymentSeen(
      String name,
      @Nullable String active,
      List<Holding> holdings,
      List<VariantSeen> variants,
      @Nullable TokensPerSecond demand) {
    this(name, active, holdings, variants, demand, List.of(), Map.of());
  }

  public DeploymentSeen {
    repeats = List.copyOf(repeats);
    changes = Collections.unmodifiableSortedMap(new TreeMap<>(changes));
    holdings =
        holdings.stream()
            .sorted(Comparator.comparing(Holding::variant).thenComparing(Holding::leaving))
            .toList();
    variants = variants.stream().sorted(Comparator.comparing(VariantSeen::name)).toList();
  }

  /// Nothing is known of it but its name.
  public static DeploymentSeen unknown(String name) {
    return new DeploymentSeen(name, null, List.of(), List.of(), null);
  }

  /// What a rung could be had for.
  public Optional<VariantSeen> variant(String variant) {
    return variants.stream().filter(each -> each.name().equals(variant)).findFirst();
  }

  /// Replicas of a rung that hold GPUs and do not leave.
  public int staying(String variant) {
    int staying = 0;
    for (Holding holding : holdings) {
      if (!holding.leaving() && holding.variant().equals(variant)) {
        staying += holding.replicas();
      }
    }
    return staying;
  }

  /// What the replicas of a rung that do not leave cost.
  public Exposure stayingCost(String variant) {
    Exposure cost = Exposure.NONE;
    for (Holding holding : holdings) {
      if (!holding.leaving() && holding.variant().equals(variant)) {
        cost = cost.plus(holding.cost());
      }
    }
    return cost;
  }

  /// What everything costs that holds GPUs.
  public Exposure cost() {
    return holdings.stream().map(Holding::cost).reduce(Exposure.NONE, Exposure::plus);
  }

  /// What the replicas cost that leave.
  public Exposure leavingCost() {
    return holdings.stream()
        .filter(Holding::leaving)
        .map(Holding::cost)
        .reduce(Exposure.NONE, Exposure::plus);
  }
}
