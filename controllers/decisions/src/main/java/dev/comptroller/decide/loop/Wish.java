package dev.comptroller.decide.loop;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.allocate.Frontier;
import dev.comptroller.decide.allocate.Frontier.Cost;
import dev.comptroller.decide.allocate.Frontier.Way;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.downgrade.Option;
import dev.comptroller.decide.downgrade.RungPolicy;
import dev.comptroller.decide.downgrade.Steadiness;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.loop.Itinerary.Stay;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a deployment would run at each rung, and what it would run if money did not matter.
///
/// @param policy the deployment as its owner declared it
/// @param stock what it holds or may come to hold
/// @param grant in force; absent if there is none
/// @param active the rung that serves or was granted to; absent if there is none
/// @param options every rung with the replicas that the demand needs of it
/// @param unbound the rung that would serve without the budget; absent if none can
/// @param dear rungs that are left, or not begun, because of prices that are declared
/// @param worthy whether the rung that serves is worth what it costs more than any lower one
record Wish(
    DeploymentPolicy policy,
    Stock stock,
    @Nullable Grant grant,
    @Nullable String active,
    List<Option> options,
    @Nullable Option unbound,
    Set<String> dear,
    boolean worthy) {
  /// Percent of the allowance that the rung that serves may cost more, where demand is
  /// measured, at the period's start.
  private static final int STAY_MARGIN = 20;

  /// The same of a rung that is worth its money: later that would be no better spent, so that a
  /// change to and fro would buy nothing. Not any more, or it would stay through dear hours in
  /// which
  /// it is hardly worth that.
  private static final int WORTHY_MARGIN = 50;

  private static final long IDLE = 10;

  static Wish of(
      DeploymentPolicy policy, Stock stock, LoopState state, boolean observe, Instant now) {
    @Nullable Grant grant = state.grant(policy.name()).orElse(null);
    @Nullable String active = active(policy, stock, observe ? null : grant, now);
    @Nullable Variant first = first(policy, stock.seen());
    List<Option> options = new ArrayList<>();
    @Nullable Option unbound = null;
    for (Variant variant : policy.policy().ladder()) {
      Option option = option(policy, stock, variant, first, active);
      options.add(option);
      if (variant.equals(first)) {
        unbound = option;
      }
    }
    return new Wish(policy, stock, grant, active, List.copyOf(options), unbound, Set.of(), false);
  }

  String name() {
    return policy.name();
  }

  private static @Nullable String active(
      DeploymentPolicy policy, Stock stock, @Nullable Grant grant, Instant now) {
    @Nullable String name = stock.seen().active();
    if (grant != null) {
      // A rung that was chosen a moment ago dwells even while it is suspended.
      boolean dwells =
          grant.changed() != null && now.isBefore(grant.changed().plus(policy.dwell()));
      name = grant.replicas() > 0 || dwells ? grant.variant() : null;
    } else if (name == null && stock.total() > 0) {
      name = stock.lots().firstKey();
    }
    String active = name;
    return policy.policy().ladder().stream()
        .map(Variant::name)
        .filter(each -> each.equals(active))
        .findFirst()
        .orElse(null);
  }

  /// The first rung that is wanted, good enough and can run at all.
  private static @Nullable Variant first(DeploymentPolicy policy, DeploymentSeen seen) {
    return policy.policy().wanted().stream()
        .filter(policy.policy()::admits)
        .filter(variant -> obstacle(seen, variant) == null)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable String obstacle(DeploymentSeen seen, Variant variant) {
    Optional<VariantSeen> known = seen.variant(variant.name());
    if (known.isEmpty()) {
      return "nothing is known of its pool %s".formatted(variant.pool());
    }
    if (known.get().obstacle() != null) {
      return known.get().obstacle();
    }
    return known.get().perReplica() == null
        ? "pool %s has no price".formatted(variant.pool())
        : null;
  }

  private static Option option(
      DeploymentPolicy policy,
      Stock stock,
      Variant variant,
      @Nullable Variant first,
      @Nullable String active) {
    DeploymentSeen seen = stock.seen();
    @Nullable VariantSeen known = seen.variant(variant.name()).orElse(null);
    int needed = needed(policy, seen, variant, first);
    @Nullable String obstacle = obstacle(seen, variant);
    if (!policy.policy().wanted().contains(variant)) {
      obstacle = "better than %s, which is wanted".formatted(policy.policy().preferred());
    }
    if (obstacle == null && !variant.name().equals(active)) {
      obstacle = noRoom(policy, stock, variant, known);
    }
    Exposure all = stock.cost(variant.name(), Math.max(1, needed));
    long each = Math.ceilDiv(all.now().microsPerHour(), Math.max(1, needed));
    return new Option(
        variant.name(),
        variant.pool(),
        variant.quality(),
        needed,
        new HourlyRate(each),
        known == null ? variant.throughput() : known.speed(),
        obstacle,
        usual(policy, seen, variant, first, new HourlyRate(each), needed),
        exact(seen, variant, needed));
  }

  /// Make before break needs room for one replica at least; where nothing runs, nothing is broken.
  private static @Nullable String noRoom(
      DeploymentPolicy policy, Stock stock, Variant variant, @Nullable VariantSeen known) {
    boolean room = known == null || known.room() > 0 || stock.firm(variant.name()) > 0;
    return room || policy.breakBeforeMake() || stock.total() == 0
        ? null
        : "pool %s has no room beside what runs, and downgrade.breakBeforeMake is false"
            .formatted(variant.pool());
  }

  /// Replicas that the demand needs: of the first rung those that the owner asks for, of others as
  /// many as compute the same, as far as speeds are known.
  private static int needed(
      DeploymentPolicy policy, DeploymentSeen seen, Variant variant, @Nullable Variant first) {
    int requested = policy.requested();
    if (requested == 0 || first == null || variant.equals(first)) {
      return requested;
    }
    long own = speed(seen, variant);
    long firsts = speed(seen, first);
    if (own == 0) {
      return requested;
    }
    BigInteger work;
    if (seen.demand() != null) {
      long percent = variant.targetUtilization();
      work =
          BigInteger.valueOf(seen.demand().thousandths())
              .multiply(BigInteger.valueOf(100))
              .divide(BigInteger.valueOf(percent))
              // What the owner still asks for is not given up because the demand dips.
              .max(BigInteger.valueOf(firsts).multiply(BigInteger.valueOf(requested - 1L)));
    } else if (firsts > 0) {
      work = BigInteger.valueOf(firsts).multiply(BigInteger.valueOf(requested));
    } else {
      return requested;
    }
    BigInteger count = work.add(BigInteger.valueOf(own - 1)).divide(BigInteger.valueOf(own));
    int most = policy.most();
    return Math.clamp(count.min(BigInteger.valueOf(most)).longValueExact(), policy.least(), most);
  }

  /// Replicas of a rung that the demand needs, whatever they are worth.
  int needed(Option option) {
    @Nullable Variant first = unbound == null ? null : variant(unbound);
    return needed(policy, stock.seen(), variant(option), first);
  }

  /// Replicas of other rungs that the demand needs while `to` is not there yet, of those that there
  /// are: one at least.
  int neededBeside(Option to) {
    int sum = 0;
    for (var lot : stock.lots().entrySet()) {
      @Nullable Option option = option(lot.getKey()).orElse(null);
      if (!lot.getKey().equals(to.variant())) {
        int needed = option == null ? lot.getValue().count() : Math.max(1, needed(option));
        sum += Math.min(lot.getValue().count(), needed);
      }
    }
    return sum;
  }

  /// Thousandths of replicas that the demand needs, no more than are asked for.
  private static long exact(DeploymentSeen seen, Variant variant, int needed) {
    long own = speed(seen, variant);
    if (seen.demand() == null || own == 0) {
      return 1000L * needed;
    }
    return BigInteger.valueOf(seen.demand().thousandths())
        .multiply(BigInteger.valueOf(100_000))
        .divide(BigInteger.valueOf(own).multiply(BigInteger.valueOf(variant.targetUtilization())))
        .min(BigInteger.valueOf(1000L * needed))
        .longValueExact();
  }

  /// Dollars an hour of the demand on average: half a replica more than it needs in fractions.
  private static HourlyRate usual(
      DeploymentPolicy policy,
      DeploymentSeen seen,
      Variant variant,
      @Nullable Variant first,
      HourlyRate each,
      int needed) {
    long own = speed(seen, variant);
    int least = policy.least();
    if (seen.demand() == null || own == 0 || needed <= least) {
      return each.times(needed);
    }
    BigInteger rate = BigInteger.valueOf(each.microsPerHour());
    BigInteger fraction =
        rate.multiply(BigInteger.valueOf(seen.demand().thousandths()))
            .multiply(BigInteger.valueOf(100))
            .divide(
                BigInteger.valueOf(own).multiply(BigInteger.valueOf(variant.targetUtilization())));
    BigInteger usual = fraction.add(rate.shiftRight(1));
    if (variant.equals(first)) {
      // What the owner asks for is rounded up from something that nobody knows but him.
      BigInteger most = rate.multiply(BigInteger.valueOf(needed)).add(rate.shiftRight(1));
      usual = usual.max(most.subtract(rate)).min(most);
    }
    return new HourlyRate(usual.longValueExact());
  }

  /// Thousandths of GPUs that it would usually run without the budget.
  long need() {
    if (unbound == null) {
      return 0;
    }
    int gpus = variant(unbound).gpus();
    long each = unbound.perReplica().microsPerHour();
    BigInteger replicas =
        each == 0
            ? BigInteger.valueOf(unbound.replicas() * 1000L)
            : BigInteger.valueOf(unbound.usual().microsPerHour())
                .multiply(BigInteger.valueOf(1000))
                .divide(BigInteger.valueOf(each));
    return replicas.multiply(BigInteger.valueOf(gpus)).longValueExact();
  }

  /// Whether it is known what is asked for and what every rung that may serve can do.
  boolean isMeasured() {
    return policy.requested() == 0
        || (stock.seen().demand() != null
            && unbound != null
            && own(unbound) > 0
            && acceptable().stream().allMatch(each -> speed(stock.seen(), variant(each)) > 0));
  }

  /// Whether it is known what every rung that may serve costs, wherever it lands: what it does now,
  /// until prices change as declared.
  boolean isPriced() {
    return acceptable().stream()
        .flatMap(option -> stock.seen().variant(option.variant()).stream())
        .map(VariantSeen::perReplica)
        .filter(Objects::nonNull)
        .allMatch(
            each ->
                each.highest().equals(each.now())
                    || each.later().stream().anyMatch(s -> s.rate().equals(each.highest())));
  }

  /// When each rung that may serve comes to cost something else, as declared or foreseen.
  Stream<List<Instant>> changes() {
    return acceptable().stream()
        .flatMap(option -> planned(option).stream())
        .map(each -> each.later().stream().map(Exposure.Step::from).toList());
  }

  private Optional<Exposure> planned(Option option) {
    return Optional.ofNullable(stock.planned().get(option.variant()));
  }

  /// What a replica of a rung costs an hour in a stretch, as declared or foreseen.
  private HourlyRate perReplica(Option option, PriceStretch prices) {
    HourlyRate first = option.perReplica();
    return planned(option)
        .map(each -> each.mean(prices.from(), prices.until(), first))
        .orElse(first);
  }

  /// Thousandths of GPUs of the rung without the budget that the demand takes, not rounded.
  double fraction() {
    @Nullable TokensPerSecond demand = stock.seen().demand();
    return unbound == null || demand == null || policy.requested() == 0
        ? 0
        : 1000.0 * variant(unbound).gpus() * demand.thousandths() / own(unbound);
  }

  /// What comes again; absent if it does not.
  Optional<Asked> repeating() {
    List<TokensPerSecond> minutes = stock.seen().repeats();
    if (minutes.isEmpty() || unbound == null) {
      return Optional.empty();
    }
    double each = 1000.0 * variant(unbound).gpus() / own(unbound);
    return Optional.of(
        Asked.repeating(
            minutes.stream().map(minute -> each * minute.thousandths()).toList(), fraction()));
  }

  /// Micro-dollars an hour of what would usually run without the budget at these prices.
  long everything(Asked asked, PriceStretch prices) {
    if (unbound == null || policy.requested() == 0) {
      return 0;
    }
    long one = perReplica(unbound, prices).microsPerHour();
    return Math.round(
        asked.held().stream()
            .mapToLong(each -> Math.round(one * usually(replicas(unbound, each))))
            .average()
            .orElse(0));
  }

  /// Replicas that usually run where so many are needed, not rounded.
  private double usually(double replicas) {
    int least = policy.least();
    return Math.min(replicas <= least ? least : replicas + 0.5, policy.most());
  }

  /// What more money would buy at these prices; absent if nothing can serve.
  Optional<Frontier> frontier(Asked asked, PriceStretch prices) {
    List<Way> ways =
        policy.requested() == 0
            ? List.of()
            : acceptable().stream().flatMap(option -> ways(option, asked, prices)).toList();
    return ways.stream()
        .min(Comparator.comparingLong(way -> way.cost().mean()))
        .map(first -> Frontier.of(first, ways));
  }

  /// What each rung that may serve is worth at these prices, with the replicas that are worth most;
  /// best rung first.
  List<Stay> stays(Asked asked, PriceStretch prices, double price) {
    return acceptable().stream()
        .map(
            option ->
                ways(option, asked, prices)
                    .map(way -> new Stay(way.worth(), way.cost().mean()))
                    .max(Comparator.comparingDouble(it -> it.worth() - price * it.micros()))
                    .orElse(new Stay(0, 0)))
        .toList();
  }

  /// Which of the rungs that may serve does; absent if none does.
  OptionalInt serving() {
    List<Option> all = acceptable();
    return IntStream.range(0, all.size())
        .filter(i -> all.get(i).variant().equals(active))
        .findFirst();
  }

  /// How a rung can serve what is asked for, with each number of replicas.
  private Stream<Way> ways(Option option, Asked asked, PriceStretch prices) {
    double speed = speed(stock.seen(), variant(option)) / 1000.0;
    HourlyRate each = perReplica(option, prices);
    return IntStream.rangeClosed(policy.least(), held(option, asked.most(), policy.most()))
        .mapToObj(
            count -> {
              double most = count * speed;
              double served =
                  asked.parts().stream()
                      .mapToDouble(
                          all -> Math.min(replicas(option, all) * own(option) / 1000, most))
                      .average()
                      .orElse(0);
              double worth = option.quality().doubleValue() * served;
              return new Way(cost(option, asked, count, each), worth);
            });
  }

  /// What at most this many replicas of a rung cost, of which those run that the demand needs.
  private Cost cost(Option option, Asked asked, int most, HourlyRate each) {
    double mean =
        asked.held().stream().mapToInt(all -> held(option, all, most)).average().orElse(most);
    long micros = each.microsPerHour();
    return new Cost(
        Math.round(micros * mean), Math.multiplyExact(micros, held(option, asked.present(), most)));
  }

  /// Replicas of a rung, at most `most`, that run for a demand of `milliGpus`.
  private int held(Option option, double milliGpus, int most) {
    return (int) Math.clamp(Math.ceil(replicas(option, milliGpus)), policy.least(), most);
  }

  /// Replicas of a rung that do what `milliGpus` of the rung without the budget do, not rounded.
  private double replicas(Option option, double milliGpus) {
    return unbound == null
        ? 0
        : milliGpus / 1000 / variant(unbound).gpus() * own(unbound) / own(option);
  }

  /// Thousandths of tokens a second that a replica is to compute.
  private double own(Option option) {
    Variant variant = variant(option);
    return speed(stock.seen(), variant) * (double) variant.targetUtilization() / 100;
  }

  /// The rungs that its owner lets serve: the one without the budget, and below it.
  private List<Option> acceptable() {
    List<Option> acceptable = new ArrayList<>();
    for (int i = 0; i < options.size() && unbound != null; i++) {
      Option option = options.get(i);
      boolean below =
          i > options.indexOf(unbound)
              && policy.downgradeAllowed()
              && isAcceptable(option, unbound);
      boolean priced = option.perReplica().microsPerHour() > 0;
      if (priced && (option.equals(unbound) || below)) {
        acceptable.add(option);
      }
    }
    return acceptable;
  }

  private boolean isAcceptable(Option option, Option than) {
    var floor = policy.floor();
    boolean good = floor == null || option.quality().compareTo(floor) >= 0;
    return good && isCheapEnough(option, than);
  }

  private boolean isCheapEnough(Option option, Option than) {
    return policy.pricierFallback() || option.hourly().compareTo(than.hourly()) <= 0;
  }

  private Variant variant(Option option) {
    return policy.policy().ladder().stream()
        .filter(variant -> variant.name().equals(option.variant()))
        .findFirst()
        .orElseThrow();
  }

  /// It with the replicas of each rung that are worth their money: `price` of what they serve for a
  /// micro-dollar. At what they cost now in place of what they usually cost: of money that is short
  /// nothing is put by. Which rung is dearer than another is judged by what the whole demand needs.
  Wish worth(Hours.Terms terms, Instant now) {
    Wish worth = with(policy.atAnyPrice(), option -> worth(option, terms, now));
    return new Wish(
        worth.policy,
        stock,
        grant,
        active,
        worth.options,
        worth.unbound,
        dear,
        worth.isWorthy(terms));
  }

  /// Whether what the rung that serves serves more than any lower one is worth its money. Where
  /// hours are left that were never seen, nobody knows.
  private boolean isWorthy(Hours.Terms terms) {
    @Nullable Option serves = option(active).orElse(null);
    @Nullable TokensPerSecond demand = stock.seen().demand();
    if (serves == null || demand == null || !terms.whole()) {
      return false;
    }
    double own = gain(serves, demand, terms);
    List<Option> lower =
        acceptable().stream()
            .filter(option -> options.indexOf(option) > options.indexOf(serves))
            .filter(option -> option.obstacle() == null)
            .toList();
    return !lower.isEmpty()
        && lower.stream().allMatch(option -> gain(option, demand, terms) <= own);
  }

  /// What a rung serves, less what its money would buy at another time.
  private double gain(Option option, TokensPerSecond demand, Hours.Terms terms) {
    double worth = worth(option, option.replicas(), demand, terms);
    return worth - terms.price() * option.hourly().microsPerHour();
  }

  /// Tokens a second that so many replicas of a rung serve of what is asked for while the present
  /// hour lasts, times its quality.
  private double worth(Option option, int replicas, TokensPerSecond demand, Hours.Terms terms) {
    double most = (double) speed(stock.seen(), variant(option)) * replicas;
    double served =
        terms.swing().stream()
            .mapToDouble(part -> Math.min(part * demand.thousandths(), most) / 1000)
            .average()
            .orElse(0);
    return served * option.quality().doubleValue();
  }

  /// It at the prices of a stretch.
  Wish priced(PriceStretch prices) {
    return with(policy, option -> option.priced(perReplica(option, prices)));
  }

  private Wish with(DeploymentPolicy terms, UnaryOperator<Option> changed) {
    return new Wish(
        terms,
        stock,
        grant,
        active,
        options.stream().map(changed).toList(),
        unbound == null ? null : changed.apply(unbound),
        dear,
        worthy);
  }

  /// It without the rungs above `best`, which is what serves at the prices of a stretch ahead: the
  /// one that serves is left in time, and none is begun that would be left at once.
  Wish until(PriceStretch prices, Option best, Instant now) {
    Instant at = prices.begin();
    Optional<Option> serves = option(active);
    if (serves.isEmpty()) {
      return this;
    }
    int lowest = option(best.variant()).map(options::indexOf).orElse(0);
    Instant leaves = at.minus(lead(best));
    Set<String> left = new TreeSet<>(dear);
    List<Option> open = new ArrayList<>(options);
    for (int i = 0; i < lowest; i++) {
      Option option = options.get(i);
      Instant ends = option.equals(serves.get()) ? leaves : at.minus(reach());
      if (!now.isBefore(ends) && option.obstacle() == null && !dwells(option, now)) {
        left.add(option.variant());
        HourlyRate then = perReplica(option, prices).times(option.replicas());
        open.set(
            i,
            option.barred(
                "$%s/h %sfrom %s on, when %s serves"
                    .formatted(
                        then.print(2),
                        foresees(option, at) ? "expected " : "",
                        at,
                        best.variant())));
      }
    }
    return new Wish(policy, stock, grant, active, List.copyOf(open), unbound, left, worthy);
  }

  private boolean foresees(Option option, Instant begin) {
    return stock.seen().variant(option.variant()).stream().anyMatch(it -> it.foresees(begin));
  }

  /// How long two rungs run side by side while they change, and a better one does not serve yet.
  Duration overlap() {
    Duration declared = policy.transition().overlap();
    return lead().compareTo(declared) < 0 ? lead() : declared;
  }

  /// The longest that a change to any rung takes.
  private Duration lead() {
    return leads().max(Comparator.naturalOrder()).orElse(policy.transition().lead());
  }

  /// The longest [#reach()] of these wishes.
  static Duration reach(List<Wish> wishes) {
    return wishes.stream().map(Wish::reach).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
  }

  /// How long before its end a change to a rung has to begin: as long as changes to it take, where
  /// one was made.
  private Duration lead(Option to) {
    return stock.seen().changes().getOrDefault(to.variant(), policy.transition().lead());
  }

  /// How long changes to any rung take.
  Stream<Duration> leads() {
    return options.stream().map(this::lead).distinct();
  }

  /// How long ahead of a change of prices it is looked whether a rung would be left for it.
  Duration reach() {
    Duration lead = lead();
    return lead.plus(lead.compareTo(policy.dwell()) < 0 ? policy.dwell() : lead);
  }

  private Option worth(Option option, Hours.Terms terms, Instant now) {
    int replicas = isLast(option) ? option.replicas() : filled(option, option.replicas());
    Option worth = option.exactly(worthwhile(option, replicas, terms));
    boolean stays = dwells(option, now) || option.obstacle() != null;
    return unbound == null || stays || isCheapEnough(option, unbound)
        ? worth
        : worth.barred(Candidate.dearer(unbound.variant(), unbound.hourly()));
  }

  private boolean dwells(Option option, Instant now) {
    return grant != null
        && option.variant().equals(active)
        && !new Steadiness(policy.dwell(), grant.changed(), 0).left(now).isZero();
  }

  /// What the replicas that are granted usually cost an hour; absent where the demand is not
  /// measured or nothing is granted.
  Optional<HourlyRate> usual() {
    if (grant == null || stock.seen().demand() == null) {
      return Optional.empty();
    }
    return option(grant.variant())
        .filter(option -> option.replicas() > 0)
        .map(option -> usual(option, grant.replicas()));
  }

  /// What this many replicas of a rung usually cost an hour: fewer than the demand needs are all
  /// busy, so that nothing of them is rounded up.
  static HourlyRate usual(Option option, int replicas) {
    if (replicas <= option.replicas()) {
      return replicas == option.replicas() ? option.usual() : option.perReplica().times(replicas);
    }
    return new HourlyRate(
        BigInteger.valueOf(option.usual().microsPerHour())
            .multiply(BigInteger.valueOf(replicas))
            .divide(BigInteger.valueOf(Math.max(1, option.replicas())))
            .longValueExact());
  }

  private static long speed(DeploymentSeen seen, Variant variant) {
    @Nullable TokensPerSecond speed =
        seen.variant(variant.name()).map(VariantSeen::speed).orElse(variant.throughput());
    return speed == null ? 0 : speed.thousandths();
  }

  /// Replicas of a rung that are worth their money where it is short; all of them where demand is
  /// not measured. Of the last rung that may serve those which the demand fills, all but a tenth of
  /// each. Of a better one all but one that it fills to less than a tenth: there a lower rung takes
  /// over before demand is refused, but not for the sake of a replica that hardly works. What the
  /// owner still asks for is not given up because the demand dips.
  int filled(Option option, int replicas) {
    @Nullable TokensPerSecond demand = stock.seen().demand();
    long own = option.speed() == null ? 0 : option.speed().thousandths();
    if (demand == null || own == 0) {
      return replicas;
    }
    if (dips(option, demand)) {
      return replicas;
    }
    long spare = isLast(option) ? own / IDLE : own - own / IDLE;
    long filled = (demand.thousandths() + spare) / own;
    int least = policy.least();
    return (int) Math.min(replicas, Math.max(least, filled));
  }

  /// Whether no lower rung may serve.
  boolean isLast(Option option) {
    int last = Math.max(ceiling(Integer.MAX_VALUE), unbound == null ? 0 : options.indexOf(unbound));
    return options.indexOf(option) == last;
  }

  /// Replicas of a rung each of which serves worth enough for its money: `price` of it for a
  /// micro-dollar. All of them where demand is not measured.
  private int worthwhile(Option option, int replicas, Hours.Terms terms) {
    @Nullable TokensPerSecond demand = stock.seen().demand();
    if (demand == null || speed(stock.seen(), variant(option)) == 0 || dips(option, demand)) {
      return replicas;
    }
    double each = terms.price() * option.perReplica().microsPerHour();
    int count = replicas;
    while (count > policy.least()
        && worth(option, count, demand, terms) - worth(option, count - 1, demand, terms) < each) {
      count--;
    }
    return count;
  }

  /// Whether the owner still asks for replicas of a rung that the demand does not fill any more: of
  /// the last one nothing is kept for that.
  private boolean dips(Option option, TokensPerSecond demand) {
    return !isLast(option) && demand.thousandths() < askedBefore();
  }

  /// Tokens a second, in thousandths, for which the owner would ask for one replica fewer.
  private long askedBefore() {
    return unbound == null || unbound.speed() == null
        ? 0
        : Math.multiplyExact(unbound.speed().thousandths(), Math.max(0L, policy.requested() - 1L));
  }

  /// The rung that is `depth` rungs lower than the one without the budget, as far down as the owner
  /// allows.
  int ceiling(int depth) {
    if (unbound == null || !policy.downgradeAllowed()) {
      return 0;
    }
    int index = options.indexOf(unbound);
    int left = depth;
    for (int i = index + 1; i < options.size() && left > 0; i++) {
      Option option = options.get(i);
      if (isAcceptable(option, unbound) && option.obstacle() == null) {
        index = i;
        left--;
      }
    }
    return left < depth ? index : 0;
  }

  /// Whether a rung is better than another.
  boolean isClimb(String from, Option to) {
    return option(from).filter(old -> options.indexOf(to) < options.indexOf(old)).isPresent();
  }

  /// What it would run with the heat ladder at `depth`; absent if no rung can run.
  @Nullable Option target(int depth) {
    int ceiling = ceiling(depth);
    return ceiling == 0 ? unbound : options.get(ceiling);
  }

  RungPolicy rungs(int ceiling, int climbMargin, Duration rest, Duration period) {
    return new RungPolicy(
        options,
        active,
        policy.floor(),
        policy.downgradeAllowed(),
        policy.pricierFallback(),
        policy.policy().scaling().minReplicas(),
        new Steadiness(
            policy.dwell(),
            grant == null ? null : grant.changed(),
            climbMargin,
            grant == null ? policy.dwell() : grant.climbAfter(),
            stayMargin(rest, period)),
        policy.transition(),
        rest,
        ceiling);
  }

  /// The less time there is to make good for it, the less may be exceeded.
  private int stayMargin(Duration rest, Duration period) {
    if (worthy) {
      return WORTHY_MARGIN;
    }
    return stock.seen().demand() == null || period.isZero()
        ? 0
        : Math.clamp(STAY_MARGIN * rest.toSeconds() / period.toSeconds(), 0, STAY_MARGIN);
  }

  Optional<Option> option(@Nullable String variant) {
    return options.stream().filter(each -> each.variant().equals(variant)).findFirst();
  }
}
