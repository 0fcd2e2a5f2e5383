package dev.comptroller.decide.loop;

import dev.comptroller.decide.allocate.Frontier;
import dev.comptroller.decide.allocate.Frontier.Cost;
import dev.comptroller.decide.allocate.Spread;
import dev.comptroller.decide.allocate.Spread.Stretch;
import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.loop.Itinerary.Stage;
import dev.comptroller.decide.loop.Itinerary.Stay;
import dev.comptroller.decide.loop.Present.Span;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// How the money is spread over the period, and how what runs now is expected to go on: what each
/// hour of the day takes, as shares of each other.
///
/// Where demand is measured and the money does not pay for everything, these are dollars, spread so
/// that they buy the most tokens, weighted by their quality ([Spread]): a busy hour gets its better
/// rung before a quiet one does, because there the same dollars serve more. Else these are the GPUs
/// that every hour would run without the budget.
///
/// @param share the present hour's
/// @param needs those of other hours
/// @param known of how many hours of the day it is known what they need; others are supposed
/// @param terms of money that is short, if it is spread by what it buys
/// @param later shares of the next times at which prices change as declared, in order
record Hours(Cost share, Needs needs, int known, @Nullable Terms terms, List<Later> later) {
  Hours {
    later = List.copyOf(later);
  }

  /// A share from a change of prices on.
  ///
  /// @param prices that hold then
  /// @param share of the time when they begin
  record Later(PriceStretch prices, Cost share) {}

  /// On what terms short money is spent.
  ///
  /// @param price the worth that a micro-dollar has to buy
  /// @param margin the worth that the last one buys
  /// @param prices at which rungs are compared now
  /// @param whole whether it is known what is asked for in all of the time that is left
  /// @param swing what is asked for while the present hour lasts, in parts of what is asked for
  ///   now: each of these for the same time
  record Terms(
      double price, double margin, PriceStretch prices, boolean whole, List<Double> swing) {
    Terms {
      swing = List.copyOf(swing);
    }
  }

  /// So many times as long as changes of rung are looked ahead a price has to stay to be worth one
  /// in any case; those that stay for less it is reckoned for.
  private static final int WORTHWHILE = 2;

  /// Stretches of prices that are looked ahead.
  private static final int MOST_STRETCHES = 128;

  private static final BigInteger HOUR = BigInteger.valueOf(3600);
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  /// In proportion to the GPUs that every hour would run without the budget.
  static Hours byNeed(long need, Needs needs) {
    return new Hours(Cost.always(need), needs, needs.known(), null, List.of());
  }

  /// By what short money buys.
  ///
  /// Demand that swings within hours as much as between them makes later hours buy something else
  /// than they seem to: then nothing is put by for them, unless it repeats, which is known to the
  /// minute.
  ///
  /// @param wishes what everybody would run
  /// @param work what the demand of the hours of the day takes
  /// @param funds what may be spent; absent if nothing limits it
  /// @param margin percent of the money that stays free
  /// @return absent unless money is short, and it is known what it can buy
  static Optional<Hours> byWorth(
      List<Wish> wishes, Work work, Present present, @Nullable Funds funds, int margin) {
    boolean known = wishes.stream().allMatch(wish -> wish.isMeasured() && wish.isPriced());
    Map<String, Asked> repeating = known && !work.differs() ? repeating(wishes) : Map.of();
    boolean telling = !repeating.isEmpty() || work.isTelling();
    if (!known || funds == null || !telling || !present.hasHours(1, work.mean())) {
      return Optional.empty();
    }
    double now = wishes.stream().mapToDouble(Wish::fraction).sum();
    Ahead ahead = Ahead.of(wishes, present);
    List<PriceStretch> rows = ahead.stretches(Set.of());
    Plan plan = new Plan(wishes, work, present, present.spans(rows), now, repeating);
    Optional<Hours> hours = plan.hours(funds, margin).filter(it -> it.need() > 0);
    List<PriceStretch> each = ahead.each(rows);
    @Nullable Terms terms = hours.map(Hours::terms).orElse(null);
    if (terms == null || each.isEmpty()) {
      return hours;
    }
    List<PriceStretch> visits = ahead.stretches(plan.visits(each, terms.margin()));
    return visits.equals(rows)
        ? hours
        : plan.over(present.spans(visits)).hours(funds, margin).filter(it -> it.need() > 0);
  }

  /// What is left of the period, by declared prices.
  ///
  /// @param changes when each of several prices changes
  /// @param reach how long a price has to stay for a rung to be changed for it at all
  private record Ahead(Present present, List<List<Instant>> changes, Duration reach) {
    static Ahead of(List<Wish> wishes, Present present) {
      return new Ahead(
          present,
          wishes.stream().flatMap(Wish::changes).distinct().map(present::ahead).toList(),
          Wish.reach(wishes));
    }

    /// By what it is planned, with the changes `kept` told apart.
    List<PriceStretch> stretches(Set<Instant> kept) {
      Duration least = reach.multipliedBy(WORTHWHILE);
      Instant end = present.window().end();
      return PriceStretch.of(present.now(), end, changes, least, MOST_STRETCHES, kept);
    }

    /// All stretches in which prices stay, if `rows` leaves out any that may be worth a change of
    /// rung.
    List<PriceStretch> each(List<PriceStretch> rows) {
      Instant end = present.window().end();
      List<PriceStretch> each =
          PriceStretch.each(present.now(), end, changes, MOST_STRETCHES).stream()
              .filter(it -> !it.turns())
              .toList();
      boolean stays =
          each.stream().anyMatch(it -> it.length().compareTo(reach) >= 0 && !rows.contains(it));
      return stays ? each : List.of();
    }
  }

  /// What is asked of each deployment that is asked for anything, if all of that comes again.
  private static Map<String, Asked> repeating(List<Wish> wishes) {
    Map<String, Asked> repeating = new HashMap<>();
    for (Wish wish : wishes) {
      if (wish.policy().requested() > 0) {
        Optional<Asked> asked = wish.repeating();
        if (asked.isEmpty()) {
          return Map.of();
        }
        repeating.put(wish.name(), asked.get());
      }
    }
    return repeating;
  }

  /// The present hour's share on average.
  long need() {
    return share.mean();
  }

  boolean isShort() {
    return terms != null;
  }

  /// It with the share of another time in place of the present one.
  Hours at(Cost then) {
    return new Hours(then, needs, known, terms, later);
  }

  /// The hours of one decision. Deployments have the same parts of the demand at all hours.
  ///
  /// @param spans what is left of the period
  /// @param now thousandths of GPUs that the present demand takes
  /// @param repeating what is asked of each deployment if all of that comes again; else empty
  private record Plan(
      List<Wish> wishes,
      Work work,
      Present present,
      List<Span> spans,
      double now,
      Map<String, Asked> repeating) {
    Optional<Hours> hours(Funds funds, int margin) {
      BigInteger all = BigInteger.ZERO;
      for (int i = 0; i < spans.size(); i++) {
        BigInteger rate = BigInteger.valueOf(everything(i));
        all = all.add(rate.multiply(BigInteger.valueOf(spans.get(i).seconds())));
      }
      BigInteger spread =
          BigInteger.valueOf(funds.position().left().max(Money.ZERO).micros())
              .multiply(BigInteger.valueOf(Math.max(1, 99L - margin)))
              .divide(HUNDRED);
      boolean enough = all.divide(HOUR).compareTo(spread) <= 0;
      return enough ? Optional.empty() : Optional.of(bound(new Money(spread.longValueExact())));
    }

    /// The same over other stretches.
    Plan over(List<Span> other) {
      return new Plan(wishes, work, present, other, now, repeating);
    }

    /// Changes of prices for which it pays somebody to change the rung.
    Set<Instant> visits(List<PriceStretch> stretches, double price) {
      Set<Instant> visits = new TreeSet<>();
      for (Wish wish : wishes) {
        List<Stage> stages = new ArrayList<>();
        for (PriceStretch stretch : stretches) {
          Asked asked = asked(wish, Needs.hourOfDay(stretch.begin()), stages.isEmpty());
          List<Stay> stays = wish.stays(asked, stretch, price);
          stages.add(new Stage(stretch.begin(), stretch.length().toSeconds(), stays));
        }
        visits.addAll(
            Itinerary.changes(
                stages, wish.serving(), new Itinerary.Terms(price, wish.overlap(), wish.reach())));
      }
      return visits;
    }

    /// What is asked of a deployment: what repeats, or its part of the demand as of the present; an
    /// equal part if there is none.
    private Asked asked(Wish wish, int span) {
      return asked(wish, spans.get(span).hour(), span == 0);
    }

    private Asked asked(Wish wish, int hour, boolean first) {
      if (!repeating.isEmpty()) {
        return repeating.getOrDefault(wish.name(), Asked.NOTHING);
      }
      double part = now > 0 ? wish.fraction() / now : 1.0 / wishes.size();
      return (first ? asked() : asked(hour)).times(part);
    }

    /// What is asked for while the present hour lasts: as it usually swings, around its usual mean
    /// where the present demand is no further off that than usual, else as far from the demand.
    private Asked asked() {
      int hour = spans.getFirst().hour();
      double swing = work.swing().rates().getOrDefault(hour, 0L);
      double mean = work.mean().rates().getOrDefault(hour, Math.round(now));
      double likely = Math.clamp(mean, now - swing, now + swing);
      return Asked.around(likely, swing);
    }

    /// What is asked for in an hour of the day.
    private Asked asked(int hour) {
      SortedMap<Integer, Long> means = work.mean().rates();
      @Nullable Long known = means.get(hour);
      if (known == null) {
        double mean = means.values().stream().mapToLong(Long::longValue).average().orElse(0);
        return Asked.around(mean * present.unseenPercent() / 100, 0);
      }
      return Asked.around(known, work.swing().rates().getOrDefault(hour, 0L));
    }

    /// What everybody would run if money did not matter.
    private long everything(int span) {
      PriceStretch prices = spans.get(span).prices();
      return wishes.stream().mapToLong(wish -> wish.everything(asked(wish, span), prices)).sum();
    }

    private Hours bound(Money money) {
      List<Stretch> stretches = new ArrayList<>();
      for (int i = 0; i < spans.size(); i++) {
        stretches.add(new Stretch(spans.get(i).seconds(), frontiers(i)));
      }
      Spread spread = Spread.of(stretches, money);
      return new Hours(
          spread.rates().getFirst(),
          byHour(spread.rates().stream().map(Cost::mean).toList()),
          work.mean().known(),
          new Terms(
              spread.price(),
              spread.margin(),
              spans.getFirst().prices(),
              !repeating.isEmpty() || work.mean().isWhole(),
              swing()),
          later(spread.rates()));
    }

    /// What is asked for while replicas stay, in parts of the present demand.
    private List<Double> swing() {
      return !repeating.isEmpty() || now <= 0
          ? List.of(1.0)
          : asked().parts().stream().map(all -> all / now).toList();
    }

    /// What is spent from each change of prices on.
    private List<Later> later(List<Cost> rates) {
      List<Later> later = new ArrayList<>();
      for (int i = 0; i < rates.size(); i++) {
        PriceStretch prices = spans.get(i).prices();
        Instant from = prices.begin();
        if (from.isAfter(present.now()) && spans.get(i).hour() == Needs.hourOfDay(from)) {
          later.add(new Later(prices, rates.get(i)));
        }
      }
      return later;
    }

    /// What is spent in each hour of the day on average; the present rate where none is left.
    private Needs byHour(List<Long> rates) {
      double[] micros = new double[Needs.HOURS];
      long[] seconds = new long[Needs.HOURS];
      for (int i = 1; i < rates.size(); i++) {
        Span span = spans.get(i);
        micros[span.hour()] += (double) rates.get(i) * span.seconds();
        seconds[span.hour()] += span.seconds();
      }
      SortedMap<Integer, Long> byHour = new TreeMap<>();
      for (int hour = 0; hour < Needs.HOURS; hour++) {
        boolean left = seconds[hour] > 0;
        byHour.put(hour, left ? Math.round(micros[hour] / seconds[hour]) : rates.getFirst());
      }
      return new Needs(byHour);
    }

    private List<Frontier> frontiers(int span) {
      PriceStretch prices = spans.get(span).prices();
      return wishes.stream()
          .flatMap(wish -> wish.frontier(asked(wish, span), prices).stream())
          .toList();
    }
  }
}
