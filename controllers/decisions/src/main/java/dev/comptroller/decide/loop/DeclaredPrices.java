package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Funds;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What prices that are declared say about rungs before they come: what would be chosen at each of
/// them is known, so that a rung which they end is left in time, and none is begun for a moment.
final class DeclaredPrices {
  private final Present present;
  private final Choices.Demands demands;
  private final @Nullable Funds funds;
  private final Hours.Terms terms;

  DeclaredPrices(
      Present present, Choices.Demands demands, @Nullable Funds funds, Hours.Terms terms) {
    this.present = present;
    this.demands = demands;
    this.funds = funds;
    this.terms = terms;
  }

  /// `wishes` without the rungs that declared prices end.
  ///
  /// @param asked the same with all replicas that are asked for, whatever they are worth
  List<Wish> bar(List<Wish> wishes, List<Wish> asked) {
    List<Wish> open = wishes;
    Instant horizon = present.now().plus(Wish.reach(wishes));
    for (Hours.Later change : demands.hours().later()) {
      if (change.prices().begin().isBefore(horizon)) {
        Map<String, Choices.Pick> then = chosen(asked, change);
        open = open.stream().map(wish -> until(wish, change, then.get(wish.name()))).toList();
      }
    }
    return open;
  }

  private Map<String, Choices.Pick> chosen(List<Wish> asked, Hours.Later change) {
    List<Wish> then =
        asked.stream()
            .map(wish -> wish.priced(change.prices()).worth(terms, present.now()))
            .toList();
    return new Choices(present, demands.at(change.share()), funds).choose(then).picks();
  }

  private Wish until(Wish wish, Hours.Later change, Choices.@Nullable Pick then) {
    return then == null || then.part().option() == null || then.part().replicas() == 0
        ? wish
        : wish.until(change.prices(), then.part().option(), present.now());
  }
}
