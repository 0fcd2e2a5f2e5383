package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Forecast;
import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.budget.Position;
import dev.comptroller.decide.budget.Reserve;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.downgrade.Option;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Outlook;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Where the money stands at the present, and whether what is known of it counts.
///
/// @param now the present, in whole seconds
/// @param window the period
/// @param held why nothing new may be decided; absent if it may
/// @param money the spend, if it is of this period
/// @param stocks what deployments hold or may come to hold, by name
/// @param committed what all of it costs
/// @param leaving what replicas cost that leave already
/// @param allotment what others may charge from now on; absent if nothing limits them
record Present(
    Instant now,
    NamespacePolicy policy,
    Window window,
    NamespaceDecision.@Nullable Held held,
    @Nullable MoneySeen money,
    SortedMap<String, Stock> stocks,
    Exposure committed,
    Exposure leaving,
    @Nullable Allotment allotment) {
  /// What an hour of the day that was not seen yet is taken to need, of the mean of the others.
  /// Nobody knows: too much takes something away for nothing, too little leaves the rest of a first
  /// day without money.
  private static final int UNSEEN_PERCENT = 80;

  /// The shortest day that a change of clocks makes.
  private static final Duration DAY = Duration.ofHours(23);

  /// Forecast in percent of the amount from which on money is short.
  static final int TIGHT = 82;

  private static final BigInteger TIGHT_PERCENT = BigInteger.valueOf(TIGHT);
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);
  private static final long HOUR_SECONDS = 3600;
  private static final BigInteger HOUR = BigInteger.valueOf(HOUR_SECONDS);

  static Present of(NamespaceSeen seen, NamespacePolicy policy, Instant instant) {
    Instant now = instant.truncatedTo(ChronoUnit.SECONDS);
    Window window = policy.calendar().containing(now);
    SortedMap<String, Stock> stocks = new TreeMap<>();
    for (DeploymentPolicy deployment : policy.deployments()) {
      stocks.put(deployment.name(), stock(DeploymentSeen.unknown(deployment.name()), seen, policy));
    }
    Exposure leaving = Exposure.NONE;
    for (DeploymentSeen deployment : seen.deployments()) {
      stocks.put(deployment.name(), stock(deployment, seen, policy));
      leaving = leaving.plus(deployment.leavingCost());
    }
    Exposure committed =
        stocks.values().stream().map(Stock::cost).reduce(Exposure.NONE, Exposure::plus);
    @Nullable MoneySeen money = seen.money();
    if (money != null && !money.window().equals(window)) {
      money = null;
    }
    NamespaceDecision.@Nullable Held held = held(seen, policy, window, now);
    @Nullable Allotment before =
        policy.hard() && !policy.observe() ? seen.state().allotment() : null;
    Present present =
        new Present(now, policy, window, held, money, stocks, committed, leaving, before);
    return policy.hard() && !policy.observe() && held == null && money != null
        ? present.with(money, before)
        : present;
  }

  /// It with what others may charge from now on: before anything of its own, because what they
  /// charge is gone whatever is decided here.
  private Present with(MoneySeen known, @Nullable Allotment before) {
    Funds free = funds(known, known.charges(), Money.ZERO);
    boolean alone = policy.deployments().isEmpty() && running().highest().microsPerHour() == 0;
    Money left = free.position().left().minus(free.reserve(running()).inPeriod());
    Allotment next = Allotment.next(before, window, known.charges(), left, known.payable(), alone);
    return new Present(now, policy, window, held, money, stocks, committed, leaving, next);
  }

  private static Stock stock(
      DeploymentSeen deployment, NamespaceSeen seen, NamespacePolicy policy) {
    List<Variant> ladder =
        policy.deployments().stream()
            .filter(declared -> declared.name().equals(deployment.name()))
            .findFirst()
            .map(declared -> declared.policy().ladder())
            .orElse(List.of());
    return Stock.of(
        deployment,
        ladder,
        seen.state(),
        policy.observe(),
        policy.leaving().controlInterval(),
        seen.asOf());
  }

  private static NamespaceDecision.@Nullable Held held(
      NamespaceSeen seen, NamespacePolicy policy, Window window, Instant now) {
    @Nullable MoneySeen money = seen.money();
    if (money == null) {
      return new NamespaceDecision.Held(
          "SpendUnknown",
          "the spend of the period from %s on is not known".formatted(window.start()));
    }
    if (!money.window().equals(window)) {
      return new NamespaceDecision.Held(
          "SpendUnknown",
          "the spend is of the period from %s on, the present one began at %s"
              .formatted(money.window().start(), window.start()));
    }
    if (age(money.asOf(), now).compareTo(policy.stale()) > 0) {
      return stale("SpendStale", "the spend", money.asOf(), policy, now);
    }
    if (age(seen.asOf(), now).compareTo(policy.stale()) > 0) {
      return stale("FleetStale", "the fleet", seen.asOf(), policy, now);
    }
    for (DeploymentSeen deployment : seen.deployments()) {
      for (Holding holding : deployment.holdings()) {
        boolean priced =
            deployment.variant(holding.variant()).map(VariantSeen::perReplica).isPresent();
        if (holding.replicas() > 0 && holding.cost().highest().microsPerHour() == 0 && !priced) {
          return new NamespaceDecision.Held(
              "PriceUnknown",
              "%d replicas of %s of %s run in a pool without a price: create its GpuNodePool"
                  .formatted(holding.replicas(), holding.variant(), deployment.name()));
        }
      }
    }
    return null;
  }

  private static NamespaceDecision.Held stale(
      String reason, String what, Instant asOf, NamespacePolicy policy, Instant now) {
    return new NamespaceDecision.Held(
        reason,
        "%s was seen %d s ago, more than %d s"
            .formatted(what, age(asOf, now).toSeconds(), policy.stale().toSeconds()));
  }

  private static Duration age(Instant asOf, Instant now) {
    return asOf.isBefore(now) ? Duration.between(asOf, now) : Duration.ZERO;
  }

  /// Seconds until the period ends.
  Duration rest() {
    return Duration.between(now, window.end());
  }

  /// Percent of the allowance that a climb has to leave free: the declared margin, and what the old
  /// rung costs while both run.
  int margin(Wish wish, @Nullable Funds funds) {
    return margin(wish, wish.option(wish.active()).orElse(null), funds);
  }

  /// Percent of the money that stays free when it is spread: what a climb from the cheapest rung
  /// has to leave free. It is the same whatever serves, or a climb would lessen the money that it
  /// was decided by.
  int free(Wish wish, @Nullable Funds funds) {
    return wish.options().stream()
        .mapToInt(option -> margin(wish, option, funds))
        .min()
        .orElse(policy.climbMargin());
  }

  private int margin(Wish wish, @Nullable Option active, @Nullable Funds funds) {
    int margin = policy.climbMargin();
    if (funds == null || active == null || funds.position().left().micros() <= 0) {
      return margin;
    }
    Money both = wish.policy().transition().surge(active.hourly());
    BigInteger percent =
        BigInteger.valueOf(both.micros())
            .multiply(HUNDRED)
            .divide(BigInteger.valueOf(funds.position().left().micros()));
    return percent.add(BigInteger.valueOf(margin)).min(BigInteger.valueOf(99)).intValueExact();
  }

  /// What deployments cost that the policy does not know (any more): it goes on
  /// until they are gone.
  Exposure orphans() {
    return stocks.values().stream()
        .filter(
            stock ->
                policy.deployments().stream()
                    .noneMatch(known -> known.name().equals(stock.seen().name())))
        .map(Stock::cost)
        .reduce(Exposure.NONE, Exposure::plus);
  }

  /// What everything costs an hour that holds GPUs or may come to.
  Exposure running() {
    return committed.plus(leaving);
  }

  /// Dollars an hour of what is seen to hold GPUs.
  HourlyRate burn() {
    return stocks.values().stream()
        .map(stock -> stock.seen().cost().now())
        .reduce(HourlyRate.ZERO, HourlyRate::plus);
  }

  /// The figures as they are told: spend brought up to the present at the present burn rate.
  Optional<Figures> figures(HourlyRate lasting, Hours hours) {
    if (money == null) {
      return Optional.empty();
    }
    HourlyRate burn = burn();
    Money spent = money.spent().plus(money.charges()).plus(burn.over(age(money.asOf(), now)));
    Outlook outlook = outlook(money, spent, lasting, hours);
    BudgetState state =
        new BudgetState(window, policy.amount(), spent, burn, outlook.forecast(), money.assumed());
    return Optional.of(new Figures(state, outlook));
  }

  /// Whether hours of the day tell anything of this period: not of one that is shorter than a day,
  /// which need not hold a busy hour for each quiet one.
  boolean hasHours(long need, Needs needs) {
    return need > 0 && needs.known() > 0 && window.length().compareTo(DAY) >= 0;
  }

  /// What a rate costs until the period's end if it goes on as the hours need: micro-dollars times
  /// seconds of an hour.
  BigInteger over(long microsPerHour, Hours hours) {
    BigInteger seconds =
        hasHours(hours.need(), hours.needs())
            ? hours.needs().equivalent(hours.need(), now, window.end(), 100)
            : BigInteger.valueOf(rest().toSeconds());
    return BigInteger.valueOf(microsPerHour).multiply(seconds);
  }

  /// Seconds that are left of the present hour, or of the period.
  long secondsOfHour() {
    return Math.min(rest().toSeconds(), HOUR_SECONDS - now.getEpochSecond() % HOUR_SECONDS);
  }

  /// Those of `instants` that are left of the period.
  List<Instant> ahead(List<Instant> instants) {
    return instants.stream()
        .filter(each -> each.isAfter(now) && each.isBefore(window.end()))
        .distinct()
        .toList();
  }

  /// A part of what is left of the period.
  ///
  /// @param seconds how long it is
  /// @param hour which hour of the day in UTC
  /// @param prices the prices that hold in it
  record Span(long seconds, int hour, PriceStretch prices) {}

  /// What the period has left: first what is left of the present hour, then hours of the day, those
  /// of all days together. Each ends where prices change.
  ///
  /// @param stretches of prices, from now on
  List<Span> spans(List<PriceStretch> stretches) {
    PriceStretch present = stretches.getFirst();
    Instant first = min(now.plusSeconds(secondsOfHour()), present.end());
    List<Span> spans = new ArrayList<>();
    spans.add(new Span(Duration.between(now, first).toSeconds(), Needs.hourOfDay(now), present));
    for (PriceStretch stretch : stretches) {
      long[] seconds = new long[Needs.HOURS];
      Instant at = stretch.equals(present) ? first : stretch.begin();
      while (at.isBefore(stretch.end())) {
        Instant until = min(HourSpend.next(at), stretch.end());
        seconds[Needs.hourOfDay(at)] += Duration.between(at, until).toSeconds();
        at = until;
      }
      for (int hour = 0; hour < seconds.length; hour++) {
        if (seconds[hour] > 0) {
          spans.add(new Span(seconds[hour], hour, stretch));
        }
      }
    }
    return spans;
  }

  private static Instant min(Instant left, Instant right) {
    return left.isBefore(right) ? left : right;
  }

  private Outlook outlook(MoneySeen known, Money spent, HourlyRate burn, Hours hours) {
    long need = hours.need();
    Needs needs = hours.needs();
    Outlook past =
        Outlook.of(
            known.history(), policy.calendar().zone(), window, policy.amount(), spent, burn, now);
    boolean learnt = past.forecast().model() == Forecast.Model.Seasonal;
    return hasHours(need, needs) && (needs.isWhole() || !learnt)
        ? Outlook.byNeed(
            known.history(), needs, hours.known(), need, window, policy.amount(), spent, burn, now)
        : past;
  }

  record Figures(BudgetState state, Outlook outlook) {
    /// Whether the period is expected to use up most of its money.
    boolean isTight() {
      return isTight(BigInteger.ZERO);
    }

    /// The same, if it costs this much more: micro-dollars times seconds of an hour.
    boolean isTight(BigInteger more) {
      BigInteger atEnd =
          BigInteger.valueOf(state.forecast().atEnd().micros()).multiply(HOUR).add(more);
      BigInteger limit =
          BigInteger.valueOf(state.amount().micros()).multiply(HOUR).multiply(TIGHT_PERCENT);
      return atEnd.multiply(HUNDRED).compareTo(limit) >= 0;
    }
  }

  /// The money that is left for certain: since the spend was seen, everything that may run is
  /// taken to have cost its highest price.
  Optional<Funds> funds() {
    return money == null ? Optional.empty() : Optional.of(funds(money, Money.ZERO));
  }

  /// As [#funds], with `less` gone as well.
  Funds fundsLess(Money less) {
    if (money == null) {
      throw new IllegalStateException("the spend is not known");
    }
    return funds(money, less);
  }

  private Funds funds(MoneySeen known, Money less) {
    Money charges = known.charges();
    return allotment != null && allotment.isOf(window)
        ? funds(known, charges.max(allotment.limit()), less)
        : funds(known, charges, less);
  }

  private Funds funds(MoneySeen known, Money charges, Money less) {
    Duration age = age(known.asOf(), now);
    long seconds = age.plusNanos(999_999_999).toSeconds();
    BigInteger drift =
        BigInteger.valueOf(running().highest().microsPerHour())
            .multiply(BigInteger.valueOf(seconds))
            .add(BigInteger.valueOf(3599))
            .divide(BigInteger.valueOf(3600));
    Money spent =
        known.spent().plus(new Money(1)).plus(new Money(drift.longValueExact())).plus(less);
    return new Funds(new Position(window, policy.amount(), spent, charges), policy.leaving(), now);
  }

  /// What replicas cost at most that leave already.
  Reserve leavingReserve() {
    return Reserve.of(leaving.highest(), policy.leaving().afterDecision(), window, now);
  }

  /// Where no demand is measured, nobody has seen it swing: every hour is as the others.
  int unseenPercent() {
    boolean measured =
        stocks.values().stream()
            .filter(stock -> !stock.seen().variants().isEmpty())
            .allMatch(stock -> stock.seen().demand() != null);
    return measured && !stocks.isEmpty() ? UNSEEN_PERCENT : 100;
  }

  /// Dollars an hour that `funds` give now: what is left, spread over the time left in proportion
  /// to what each hour needs, and of this hour to what the present demand does. A rung is paid for
  /// now if it would be to the period's end.
  HourlyRate pace(Funds funds, Exposure mix, Hours hours) {
    BigInteger even = BigInteger.valueOf(funds.allowed(mix).microsPerHour());
    if (!hasHours(hours.need(), hours.needs())) {
      return new HourlyRate(even.longValueExact());
    }
    BigInteger bent =
        even.multiply(BigInteger.valueOf(rest().toSeconds()))
            .divide(hours.needs().equivalent(hours.need(), now, window.end(), unseenPercent()))
            .multiply(BigInteger.valueOf(hours.share().present()))
            .divide(BigInteger.valueOf(hours.need()));
    return new HourlyRate(bent.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact());
  }
}
