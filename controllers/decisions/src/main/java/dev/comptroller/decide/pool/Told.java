package dev.comptroller.decide.pool;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.pool.PoolMemory.Release;
import dev.comptroller.decide.pool.PoolPlan.Adding;
import dev.comptroller.decide.pool.PoolPlan.Blocked;
import dev.comptroller.decide.pool.PoolPlan.Choice;
import dev.comptroller.decide.pool.PoolPlan.Lack;
import dev.comptroller.decide.pool.PoolPlan.Outcome;
import dev.comptroller.decide.pool.PoolPlan.Removing;
import dev.comptroller.decide.pool.PoolPlan.Steady;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/// A decision about a pool in words and numbers.
///
/// @param seen what was seen
/// @param policy what is allowed
/// @param releasing nodes that were told to leave
/// @param choices what was asked of each capacity type
/// @param actual dollars an hour of the nodes that are there
/// @param planned those and what was asked for
record Told(
    PoolSeen seen,
    PoolPolicy policy,
    Map<String, Release> releasing,
    List<Choice> choices,
    HourlyRate actual,
    HourlyRate planned) {
  /// What the decision comes to, where `missing` nodes cannot be had.
  Outcome outcome(
      int missing,
      PoolPlanning.Packing packing,
      Map<CapacityType, Lack> lacks,
      Map<CapacityType, Instant> retries) {
    if (missing > 0) {
      return blocked(missing, lacks);
    }
    if (!packing.tooLarge().isEmpty()) {
      return new Blocked(
          Lack.ReplicaTooLarge, packing.tooLarge().size(), String.join("; ", packing.tooLarge()));
    }
    int added = choices.stream().mapToInt(Choice::added).sum();
    long leaving = seen.nodes().stream().filter(this::isLeaving).count();
    if (added > 0) {
      String also = leaving == 0 ? "" : "; %s".formatted(leavers());
      return new Adding(
          added,
          "%s asked for: $%s/h now, $%s/h then%s%s"
              .formatted(parts(), actual.print(2), planned.print(2), ceiling(), also));
    }
    if (leaving > 0) {
      return new Removing(
          (int) leaving,
          "%s; $%s/h until they are gone%s".formatted(leavers(), actual.print(2), ceiling()));
    }
    if (lacks.containsValue(Lack.Provisioning)) {
      return blocked(0, lacks);
    }
    return new Steady(
        "%d nodes, $%s/h%s".formatted(seen.nodes().size(), actual.print(2), ceiling()));
  }

  private Blocked blocked(int missing, Map<CapacityType, Lack> lacks) {
    for (Lack lack : List.of(Lack.Ceiling, Lack.Provisioning, Lack.MaxNodes)) {
      List<Choice> those =
          choices.stream().filter(choice -> lacks.get(choice.type()) == lack).toList();
      if (!those.isEmpty()) {
        return new Blocked(
            lack,
            missing,
            lack == Lack.Ceiling ? overCeiling(missing, those.getFirst()) : others(missing));
      }
    }
    return new Blocked(
        Lack.MaxNodes, missing, "%d nodes are missing: no price is in force".formatted(missing));
  }

  /// Such as `3 nodes of $19.00/h would be $57.00/h, ceiling $40.00`.
  private String overCeiling(int missing, Choice choice) {
    int there = seen.nodes().size() + choices.stream().mapToInt(Choice::added).sum();
    HourlyRate wanted = planned.plus(choice.perNode().times(missing));
    boolean same = planned.equals(choice.perNode().times(there));
    String ceiling = Objects.requireNonNull(policy.ceiling()).print(2);
    return same
        ? "%d nodes of $%s/h would be $%s/h, ceiling $%s"
            .formatted(there + missing, choice.perNode().print(2), wanted.print(2), ceiling)
        : "%d nodes of $%s/h and %d more of $%s/h would be $%s/h, ceiling $%s"
            .formatted(
                there,
                planned.print(2),
                missing,
                choice.perNode().print(2),
                wanted.print(2),
                ceiling);
  }

  private String others(int missing) {
    return "%d nodes are missing: %s"
        .formatted(
            missing,
            choices.stream()
                .filter(choice -> choice.verdict() != null)
                .map(choice -> choice.type().label() + ": " + choice.verdict())
                .collect(Collectors.joining("; ")));
  }

  private String parts() {
    return choices.stream()
        .filter(choice -> choice.added() > 0)
        .map(
            choice ->
                "%d %s nodes of $%s/h"
                    .formatted(choice.added(), choice.type().label(), choice.perNode().print(2)))
        .collect(Collectors.joining(", "));
  }

  private String leavers() {
    List<String> names = new ArrayList<>();
    for (PoolSeen.Node node : seen.nodes()) {
      if (isLeaving(node)) {
        Release told = releasing.get(node.name());
        String why =
            told == null ? Objects.requireNonNull(node.notice()) : told.reason().toString();
        names.add("%s (%s)".formatted(node.name(), why));
      }
    }
    int shown = Math.min(3, names.size());
    String more = names.size() > shown ? " and %d more".formatted(names.size() - shown) : "";
    return "%d nodes leave: %s%s"
        .formatted(names.size(), String.join(", ", names.subList(0, shown)), more);
  }

  private boolean isLeaving(PoolSeen.Node node) {
    return node.notice() != null || releasing.containsKey(node.name());
  }

  private String ceiling() {
    HourlyRate ceiling = policy.ceiling();
    return ceiling == null ? "" : ", ceiling $" + ceiling.print(2);
  }
}
