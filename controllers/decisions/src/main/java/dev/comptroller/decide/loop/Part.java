package dev.comptroller.decide.loop;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.downgrade.Option;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A deployment's part of a plan: what it may run, and what leaves for it.
///
/// @param wish what it would run
/// @param option the rung that is granted; absent if none can be named
/// @param replicas how many
/// @param surge replicas of other rungs that may run on beside them
/// @param reason CamelCase
/// @param why the figures, in words
record Part(
    Wish wish, @Nullable Option option, int replicas, int surge, String reason, String why) {

  /// Everything leaves.
  static Part nothing(Wish wish, String reason, String why) {
    @Nullable Option option =
        wish.option(wish.active()).orElse(wish.grant() == null ? wish.unbound() : null);
    if (option == null && wish.grant() != null) {
      option = wish.option(wish.grant().variant()).orElse(wish.unbound());
    }
    return new Part(wish, option, 0, 0, reason, why);
  }

  /// This rung, with those replicas of other rungs running on until it serves which the demand
  /// needs. All of them count until they are seen to be gone.
  static Part of(Wish wish, Option option, int replicas, String reason, String why) {
    int surge = replicas == 0 ? 0 : wish.neededBeside(option);
    return new Part(wish, option, replicas, surge, reason, why);
  }

  Part with(int fewer, String newReason, String newWhy) {
    return new Part(wish, option, fewer, fewer == 0 ? 0 : surge, newReason, newWhy);
  }

  Part withoutSurge() {
    return new Part(wish, option, replicas, 0, reason, why);
  }

  /// What stays, or comes to stay.
  Exposure staying() {
    Stock stock = wish.stock();
    Exposure sum = option == null ? Exposure.NONE : stock.cost(option.variant(), replicas);
    if (surge == 0) {
      return sum;
    }
    for (Map.Entry<String, Stock.Lot> each : stock.lots().entrySet()) {
      if (option == null || !each.getKey().equals(option.variant())) {
        sum = sum.plus(stock.cost(each.getKey(), each.getValue().count()));
      }
    }
    return sum;
  }

  /// What is told to leave and has not been seen to.
  Exposure released() {
    Stock stock = wish.stock();
    Exposure sum = Exposure.NONE;
    for (Map.Entry<String, Stock.Lot> each : stock.lots().entrySet()) {
      boolean own = option != null && each.getKey().equals(option.variant());
      Stock.Lot lot = each.getValue();
      int gone =
          own ? Math.max(0, lot.firm() - replicas) + lot.going() : surge == 0 ? lot.count() : 0;
      sum = sum.plus(stock.leaving(each.getKey(), gone));
    }
    return sum;
  }
}
