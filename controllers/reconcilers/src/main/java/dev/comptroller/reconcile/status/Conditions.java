package dev.comptroller.reconcile.status;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.decide.condition.Finding;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Conditions from findings, the previous conditions, the generation and the time. Pure.
///
/// `lastTransitionTime` moves only when the status does. A condition that nobody finds any more is
/// gone.
public final class Conditions {
  private Conditions() {}

  /// The next conditions, in the order of `findings`.
  public static List<Condition> next(
      List<Condition> previous, List<Finding> findings, long generation, Instant now) {
    Map<String, Condition> before = byType(previous);
    List<Condition> next = new ArrayList<>();
    for (Finding finding : findings) {
      Condition old = before.get(finding.type());
      String since =
          old != null && old.status().equals(finding.status().name())
              ? old.lastTransitionTime()
              : now.truncatedTo(ChronoUnit.SECONDS).toString();
      next.add(
          new Condition(
              finding.type(),
              finding.status().name(),
              finding.reason(),
              finding.message(),
              generation,
              since));
    }
    return next;
  }

  /// The conditions of `next` whose status or reason is not what it was in `previous`.
  public static List<Condition> transitions(List<Condition> previous, List<Condition> next) {
    Map<String, Condition> before = byType(previous);
    return next.stream()
        .filter(
            condition -> {
              Condition old = before.get(condition.type());
              return old == null
                  || !old.status().equals(condition.status())
                  || !old.reason().equals(condition.reason());
            })
        .toList();
  }

  /// `previous` with one condition replaced or added: for a spec that cannot be read, where the
  /// other conditions still speak of the last valid one.
  public static List<Condition> with(
      List<Condition> previous, Finding finding, long generation, Instant now) {
    List<Condition> next = new ArrayList<>();
    next.addAll(next(previous, List.of(finding), generation, now));
    previous.stream().filter(c -> !c.type().equals(finding.type())).forEach(next::add);
    return next;
  }

  /// What a write of these conditions depends on, without times that only follow from it.
  public static String fingerprint(List<Condition> conditions) {
    StringBuilder text = new StringBuilder();
    for (Condition c : conditions) {
      text.append(c.type()).append('=').append(c.status()).append('/').append(c.reason());
      text.append('@').append(c.observedGeneration()).append(": ").append(c.message()).append('\n');
    }
    return text.toString();
  }

  private static Map<String, Condition> byType(List<Condition> conditions) {
    Map<String, Condition> byType = new HashMap<>();
    conditions.forEach(condition -> byType.put(condition.type(), condition));
    return byType;
  }
}
