package dev.comptroller.decide.loop;

import dev.comptroller.decide.allocate.Frontier;
import dev.comptroller.decide.allocate.Spread;
import dev.comptroller.decide.allocate.Spread.Stretch;
import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What each hour of the day is to cost, as shares of each other: how the money is spread over the
/// period, and how what runs now is expected to go on.
///
/// Where demand is measured these are dollars. Money that pays for everything is spread over what
/// everything costs. Money that does not is spread so that it buys the most tokens, weighted by
/// their quality ([Spread]): a busy hour gets its better rung before a quiet one does, because
/// there the same dollars serve more. Where demand is not measured these are GPUs.
///
/// @param need the present hour's share
/// @param needs those of all hours that are known
/// @param isShort whether the money does not pay for everything
/// @param price if it does not, the worth that a micro-dollar has to buy to be spent
record Hours(long need, Needs needs, boolean isShort, double price) {
  private static final int HOURS = 24;
  private static final BigInteger HOUR = BigInteger.valueOf(3600);
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  /// @param wishes what everybody would run
  /// @param need thousandths of GPUs that the present demand takes
  /// @param needs those of the hours of the day
  /// @param funds what may be spent; absent if nothing limits it
  /// @param margin percent of the money that stays free
  static Hours of(
      List<Wish> wishes,
      long need,
      Needs needs,
      Present present,
      @Nullable Funds funds,
      int margin) {
    boolean measured = wishes.stream().allMatch(Wish::isMeasured);
    if (!measured || !present.hasHours(Math.max(1, need), needs)) {
      return new Hours(need, needs, false, 0);
    }
    return new Plan(wishes, needs, present)
        .hours(funds, margin)
        .filter(it -> it.need() > 0)
        .orElse(new Hours(need, needs, false, 0));
  }

  /// The hours of one decision. Deployments have the same parts of the demand at all hours.
  private record Plan(List<Wish> wishes, Needs needs, Present present) {
    Optional<Hours> hours(@Nullable Funds funds, int margin) {
      long now = wishes.stream().mapToLong(wish -> wish.everything(wish.fraction())).sum();
      SortedMap<Integer, Long> all = new TreeMap<>();
      needs.rates().forEach((hour, known) -> all.put(hour, everything(known)));
      Hours unbound = new Hours(now, new Needs(all), false, 0);
      if (funds == null || now <= 0) {
        return Optional.of(unbound);
      }
      Money left = funds.position().left().max(Money.ZERO);
      BigInteger spread =
          BigInteger.valueOf(left.micros())
              .multiply(BigInteger.valueOf(Math.max(1, 99L - margin)))
              .divide(HUNDRED);
      BigInteger cost = present.over(now, unbound).divide(HOUR);
      return cost.compareTo(spread) <= 0
          ? Optional.of(unbound)
          : Optional.of(bound(new Money(spread.longValueExact())));
    }

    /// What everybody would run at a time of this demand if money did not matter.
    private long everything(double milliGpus) {
      return wishes.stream().mapToLong(wish -> wish.everything(part(wish, milliGpus))).sum();
    }

    /// A deployment's part of a demand: as of the present one, or an equal part if there is none.
    private double part(Wish wish, double milliGpus) {
      double all = wishes.stream().mapToDouble(Wish::fraction).sum();
      return all > 0 ? milliGpus * wish.fraction() / all : milliGpus / wishes.size();
    }

    private Hours bound(Money money) {
      long[] seconds = present.secondsByHour();
      List<Stretch> stretches = new ArrayList<>();
      stretches.add(
          new Stretch(
              present.secondsOfHour(),
              wishes.stream().flatMap(wish -> wish.frontier(wish.fraction()).stream()).toList()));
      double mean = needs.rates().values().stream().mapToLong(Long::longValue).average().orElse(0);
      double unseen = mean * present.unseenPercent() / 100;
      for (int hour = 0; hour < HOURS; hour++) {
        @Nullable Long known = needs.rates().get(hour);
        stretches.add(new Stretch(seconds[hour], frontiers(known == null ? unseen : known)));
      }
      Spread spread = Spread.of(stretches, money);
      SortedMap<Integer, Long> byHour = new TreeMap<>();
      for (int hour = 0; hour < HOURS; hour++) {
        byHour.put(hour, spread.rates().get(hour + 1));
      }
      return new Hours(spread.rates().getFirst(), new Needs(byHour), true, spread.price());
    }

    private List<Frontier> frontiers(double milliGpus) {
      return wishes.stream()
          .flatMap(wish -> wish.frontier(part(wish, milliGpus)).stream())
          .toList();
    }
  }
}
