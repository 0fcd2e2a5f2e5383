package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.budget.Reserve;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.loop.FeatureVerdict.Action;
import dev.comptroller.decide.units.Money;
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
      Present present,
      NamespaceSeen seen,
      NamespacePolicy policy,
      Traffic traffic,
      Map<String, Part> plan) {
    Map<String, FeatureSeen> used = new TreeMap<>();
    seen.features().forEach(feature -> used.put(feature.name(), feature));
    List<String> lower = new ArrayList<>();
    for (Part part : plan.values()) {
      if (part.reason().equals("Downgraded") && part.option() != null) {
        lower.add("%s serves %s".formatted(part.wish().name(), part.option().variant()));
      }
    }
    Instant end = present.window().end();
    return policy.features().stream()
        .map(
            feature -> {
              Optional<String> gone = exhausted(feature, used.get(feature.name()), policy.hard());
              return feature(feature, gone, policy.hard(), traffic, lower, end);
            })
        .toList();
  }

  private static FeatureVerdict feature(
      FeaturePolicy feature,
      Optional<String> gone,
      boolean hard,
      Traffic traffic,
      List<String> lower,
      Instant end) {
    String name = feature.name();
    boolean exhausted = gone.isPresent();
    if (traffic.suspended()) {
      return new FeatureVerdict(
          name, Action.Refuse, exhausted, "Suspended", traffic.why(), traffic.until());
    }
    if (exhausted && hard) {
      return new FeatureVerdict(name, Action.Refuse, true, "AmountUsed", gone.get(), end);
    }
    if (!feature.downgradeAllowed() && !lower.isEmpty()) {
      return new FeatureVerdict(
          name,
          Action.RefuseDowngraded,
          exhausted,
          "Downgraded",
          "downgradeAllowed is false, and %s".formatted(String.join(", ", lower)),
          null);
    }
    if (traffic.queueBatch() && feature.batchEligible()) {
      return new FeatureVerdict(
          name, Action.Queue, exhausted, "Queued", traffic.why(), traffic.until());
    }
    if (traffic.tokensPerMinute() != null) {
      return new FeatureVerdict(
          name,
          Action.Throttle,
          exhausted,
          "Throttled",
          "%d tokens a minute are shared by priority, its own is %d"
              .formatted(traffic.tokensPerMinute(), feature.priority()),
          traffic.until());
    }
    return exhausted
        ? new FeatureVerdict(name, Action.Warn, true, "AmountUsed", gone.get(), end)
        : new FeatureVerdict(name, Action.Admit, false, "NotLimited", "nothing limits it", null);
  }

  /// That the amount of a feature is used up, with numbers; empty if it is not.
  ///
  /// What is held for running requests does not count: it comes back in part. Where the amount
  /// refuses, what is left is never charged to the last cent: it is used up as soon as one more
  /// request would not fit.
  private static Optional<String> exhausted(
      FeaturePolicy feature, @Nullable FeatureSeen seen, boolean hard) {
    Money amount = feature.amount();
    if (amount == null || seen == null) {
      return Optional.empty();
    }
    String charged = "$%s of its $%s are charged".formatted(seen.spent(), amount);
    if (seen.spent().compareTo(amount) >= 0) {
      return Optional.of(
          hard ? charged : charged + "; the budget is Soft, so its requests are still answered");
    }
    Money left = amount.minus(seen.spent());
    Money next = seen.perRequest();
    return hard && next != null && left.compareTo(next) < 0
        ? Optional.of(
            "%s; the $%s left are less than the $%s that one of its requests costs on average"
                .formatted(charged, left, next))
        : Optional.empty();
  }
}
