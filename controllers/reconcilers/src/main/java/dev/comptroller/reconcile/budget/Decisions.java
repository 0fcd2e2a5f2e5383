package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Decided;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Granted;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.NamespaceDecision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a decision changed, as entries of a budget's history. Pure.
final class Decisions {
  private Decisions() {}

  /// What `decision` changes of what `previous` shows: steps of the heat ladder, then grants,
  /// then whether anything is admitted, then features whose amount is used up.
  static List<Decided> changed(InferenceBudgetStatus previous, NamespaceDecision decision) {
    String at = decision.at().truncatedTo(ChronoUnit.SECONDS).toString();
    List<Decided> changed = new ArrayList<>();
    if (decision.heat() != null) {
      for (HeatVerdict.Change change : decision.heat().changes()) {
        boolean taken = change instanceof HeatVerdict.Taken;
        changed.add(
            new Decided(
                at,
                change.action().name(),
                taken ? "off" : "in force",
                taken ? "in force" : "off",
                null,
                null,
                null,
                taken ? "HeatReached" : "HeatReleased",
                Memory.sentence(change.message())));
      }
    }
    for (Grant grant : decision.grants()) {
      granted(previous, grant, decision, at).ifPresent(changed::add);
    }
    suspended(previous, decision, at).ifPresent(changed::add);
    if (decision.figures() != null) {
      changed.addAll(Features.changed(previous, decision.features(), at));
    }
    return List.copyOf(changed);
  }

  /// The history with `changed` put first.
  static List<Decided> history(List<Decided> changed, List<Decided> before) {
    List<Decided> all = new ArrayList<>(changed.reversed());
    all.addAll(before);
    return List.copyOf(all.subList(0, Math.min(all.size(), InferenceBudgetStatus.HISTORY)));
  }

  private static Optional<Decided> granted(
      InferenceBudgetStatus previous, Grant grant, NamespaceDecision decision, String at) {
    @Nullable Granted before =
        previous.grants().stream()
            .filter(old -> old.deployment().equals(grant.deployment()))
            .findFirst()
            .orElse(null);
    String to = text(grant.variant(), grant.replicas());
    @Nullable String from = before == null ? null : text(before.variant(), before.replicas());
    if (to.equals(from)) {
      return Optional.empty();
    }
    Optional<DeploymentVerdict> verdict = decision.verdict(grant.deployment());
    return Optional.of(
        new Decided(
            at,
            grant.deployment(),
            from,
            to,
            verdict.map(v -> v.savedHourly().toString()).orElse(null),
            verdict.map(v -> v.saved().toString()).orElse(null),
            verdict.map(v -> Memory.sentence(v.explanation().binding())).orElse(null),
            grant.reason(),
            Memory.sentence(
                verdict
                    .map(v -> "%s; %s".formatted(grant.message(), v.why()))
                    .orElse(grant.message()))));
  }

  private static Optional<Decided> suspended(
      InferenceBudgetStatus previous, NamespaceDecision decision, String at) {
    boolean before =
        previous.traffic() != null && Boolean.TRUE.equals(previous.traffic().suspended());
    boolean after = decision.traffic().suspended();
    return before == after
        ? Optional.empty()
        : Optional.of(
            new Decided(
                at,
                "requests",
                before ? "refused" : "admitted",
                after ? "refused" : "admitted",
                null,
                null,
                null,
                after ? "Suspended" : "Resumed",
                Memory.sentence(decision.traffic().why())));
  }

  /// `large x 2`.
  static String text(String variant, int replicas) {
    return "%s x %d".formatted(variant, replicas);
  }

  /// The rest of the money of a period as one instant, for people.
  static @Nullable String seconds(@Nullable Instant instant) {
    return instant == null ? null : instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
