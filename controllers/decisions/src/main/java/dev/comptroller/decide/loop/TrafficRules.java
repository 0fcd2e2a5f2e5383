package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.budget.Reserve;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.heat.HeatVerdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the gateway does about requests, and what that means for each feature.
final class TrafficRules {
  private TrafficRules() {}

  static Traffic of(
      Present present,
      @Nullable Funds funds,
      @Nullable HeatVerdict heat,
      List<HeatStep> force,
      Map<String, Part> plan) {
    boolean queue = has(force, HeatAction.QueueBatch);
    @Nullable Long cap = least(force, HeatAction.CapOutput);
    @Nullable Long throttle = least(force, HeatAction.Throttle);
    Optional<String> stop = stop(funds, force, plan);
    if (!queue && cap == null && throttle == null && stop.isEmpty()) {
      return Traffic.OPEN;
    }
    List<String> why = new ArrayList<>();
    stop.ifPresent(why::add);
    @Nullable Instant until = null;
    if (heat != null) {
      for (HeatVerdict.Standing standing : heat.steps()) {
        HeatAction action = standing.step().action();
        if (standing.inForce() && action != HeatAction.Warn && action != HeatAction.Downgrade) {
          why.add(standing.message());
          Instant due = standing.due();
          until = due != null && (until == null || due.isAfter(until)) ? due : until;
        }
      }
    } else {
      force.forEach(step -> why.add("%s in force, as decided before".formatted(step.action())));
    }
    Instant end = present.window().end();
    boolean unknown = until == null || stop.isPresent() || until.isAfter(end);
    return new Traffic(
        queue, cap, throttle, stop.isPresent(), String.join("; ", why), unknown ? end : until);
  }

  /// Why nothing is admitted; absent if something is.
  private static Optional<String> stop(
      @Nullable Funds funds, List<HeatStep> force, Map<String, Part> plan) {
    List<Part> asked =
        plan.values().stream().filter(part -> part.wish().policy().requested() > 0).toList();
    boolean serves = asked.stream().anyMatch(part -> part.replicas() > 0);
    if (funds != null && !funds.holds(Reserve.NONE)) {
      return Optional.of(
          "the budget is exhausted: $%s of $%s left"
              .formatted(funds.position().left().print(2), funds.position().amount().print(2)));
    }
    if (has(force, HeatAction.Suspend) && !serves) {
      return Optional.of("the budget is suspended until it cools");
    }
    Optional<Part> exhausted =
        asked.stream().filter(part -> part.reason().equals("BudgetExhausted")).findFirst();
    return serves || asked.isEmpty() ? Optional.empty() : exhausted.map(Part::why);
  }

  private static boolean has(List<HeatStep> force, HeatAction action) {
    return force.stream().anyMatch(step -> step.action() == action);
  }

  private static @Nullable Long least(List<HeatStep> force, HeatAction action) {
    return force.stream()
        .filter(step -> step.action() == action)
        .map(HeatStep::limit)
        .min(Long::compare)
        .orElse(null);
  }

  static List<FeatureVerdict> features(
      NamespaceSeen seen, NamespacePolicy policy, Traffic traffic, Map<String, Part> plan) {
    Map<String, FeatureSeen> used = new TreeMap<>();
    seen.features().forEach(feature -> used.put(feature.name(), feature));
    List<String> lower = new ArrayList<>();
    for (Part part : plan.values()) {
      if (part.reason().equals("Downgraded") && part.option() != null) {
        lower.add("%s serves %s".formatted(part.wish().name(), part.option().variant()));
      }
    }
    return policy.features().stream()
        .map(feature -> feature(feature, used.get(feature.name()), traffic, lower))
        .toList();
  }

  private static FeatureVerdict feature(
      FeaturePolicy feature, @Nullable FeatureSeen seen, Traffic traffic, List<String> lower) {
    String name = feature.name();
    if (traffic.suspended()) {
      return new FeatureVerdict(name, FeatureVerdict.Action.Refuse, traffic.why());
    }
    if (feature.amount() != null && seen != null && seen.used().compareTo(feature.amount()) >= 0) {
      return new FeatureVerdict(
          name,
          FeatureVerdict.Action.Refuse,
          "$%s of its $%s are used".formatted(seen.used().print(2), feature.amount().print(2)));
    }
    if (!feature.downgradeAllowed() && !lower.isEmpty()) {
      return new FeatureVerdict(
          name,
          FeatureVerdict.Action.RefuseDowngraded,
          "downgradeAllowed is false, and %s".formatted(String.join(", ", lower)));
    }
    if (traffic.queueBatch() && feature.batchEligible()) {
      return new FeatureVerdict(name, FeatureVerdict.Action.Queue, traffic.why());
    }
    if (traffic.tokensPerMinute() != null) {
      return new FeatureVerdict(
          name,
          FeatureVerdict.Action.Throttle,
          "%d tokens a minute are shared by priority, its own is %d"
              .formatted(traffic.tokensPerMinute(), feature.priority()));
    }
    return new FeatureVerdict(name, FeatureVerdict.Action.Admit, "nothing limits it");
  }
}
