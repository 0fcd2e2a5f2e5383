package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.FeatureAction;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Decided;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.FeatureUse;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.loop.FeatureVerdict;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.charges.Charges;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sub-budgets of a namespace: what each feature has used, and what that does to it. Pure.
final class Features {
  /// The reason of an entry of the history that tells that an amount is used up.
  static final String USED = "FeatureAmountUsed";

  private Features() {}

  /// What a declared feature has used.
  ///
  /// @param policy as it is declared
  /// @param spent dollars charged in the period
  /// @param held dollars for requests that run
  /// @param verdict what happens to its requests
  record Use(FeaturePolicy policy, Money spent, Money held, FeatureVerdict verdict) {
    /// Dollars that are left of its amount; absent if it has none.
    @Nullable Money left() {
      return policy.amount() == null ? null : policy.amount().minus(spent).minus(held);
    }
  }

  /// The declared features, ordered by name.
  static List<Use> of(
      List<FeaturePolicy> declared, List<FeatureVerdict> verdicts, Charges.Figures charges) {
    List<Use> uses = new ArrayList<>();
    for (FeaturePolicy policy : declared) {
      String name = policy.name();
      verdicts.stream()
          .filter(verdict -> verdict.name().equals(name))
          .map(each -> new Use(policy, charges.feature(name).spent(), charges.held(name), each))
          .forEach(uses::add);
    }
    uses.sort(Comparator.comparing(use -> use.policy().name()));
    return List.copyOf(uses);
  }

  /// `use` as a status shows it.
  static FeatureUse wire(Use use) {
    FeatureVerdict verdict = use.verdict();
    @Nullable Money amount = use.policy().amount();
    @Nullable Money left = use.left();
    return new FeatureUse(
        verdict.name(),
        amount == null ? null : amount.toString(),
        use.spent().toString(),
        amount == null ? null : use.held().toString(),
        left == null ? null : left.toString(),
        wire(verdict.action()),
        amount == null ? null : Boolean.valueOf(verdict.exhausted()),
        verdict.reason(),
        Memory.sentence(verdict.message()),
        Decisions.seconds(verdict.until()));
  }

  /// The features whose amount is used up since `previous`, or is no more, as entries of a history.
  static List<Decided> changed(
      InferenceBudgetStatus previous, List<FeatureVerdict> verdicts, String at) {
    List<Decided> changed = new ArrayList<>();
    for (FeatureVerdict verdict : verdicts) {
      boolean before =
          previous.features().stream()
              .filter(feature -> feature.name().equals(verdict.name()))
              .anyMatch(feature -> Boolean.TRUE.equals(feature.exhausted()));
      if (before != verdict.exhausted()) {
        changed.add(
            new Decided(
                at,
                "feature " + verdict.name(),
                before ? "amount used up" : "within its amount",
                verdict.exhausted() ? "amount used up" : "within its amount",
                null,
                null,
                null,
                verdict.exhausted() ? USED : "FeatureAmountRenewed",
                Memory.sentence(verdict.message())));
      }
    }
    return changed;
  }

  private static FeatureAction wire(FeatureVerdict.Action action) {
    return switch (action) {
      case Admit -> FeatureAction.ADMIT;
      case Warn -> FeatureAction.WARN;
      case Queue -> FeatureAction.QUEUE;
      case Throttle -> FeatureAction.THROTTLE;
      case RefuseDowngraded -> FeatureAction.REFUSE_DOWNGRADED;
      case Refuse -> FeatureAction.REFUSE;
    };
  }
}
