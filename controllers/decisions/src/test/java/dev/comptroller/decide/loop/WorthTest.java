package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/// When short money is spread by what it buys, and that nobody stays on a rung that it does not
/// pay for.
class WorthTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
  private static final Instant NOW = START.plusSeconds(3600);
  private static final DeploymentPolicy CHAT =
      new DeploymentPolicy(
          new Policy(
              "team",
              "chat",
              List.of(
                  variant("large", 4, "90", 2_800),
                  variant("medium", 2, "75", 2_400),
                  variant("small", 1, "60", 2_400)),
              null,
              1,
              new Scaling(1, 6),
              null),
          100,
          1,
          true,
          false,
          true,
          false,
          new Transition(Duration.ofSeconds(45), Duration.ofSeconds(30), Duration.ofSeconds(137)),
          Duration.ofMinutes(5));

  /// Hours of whom half take what 2,500 tokens a second do, and half a tenth of that.
  private static final Work DIFFERENT = work(hour -> hour < 12 ? 3_571 : 357, 0);

  private static final Work EVEN = work(_ -> 3_571, 0);

  private static Variant variant(String name, int gpus, String quality, long speed) {
    return new Variant(
        name,
        "h100",
        gpus,
        new BigDecimal(quality),
        0,
        "",
        64,
        TokensPerSecond.of(speed),
        null,
        100);
  }

  private static Work work(IntToLongFunction byHour, long swing) {
    return work(24, byHour, swing);
  }

  /// What the first hours of the day take.
  private static Work work(int hours, IntToLongFunction byHour, long swing) {
    Needs mean = Needs.NONE;
    Needs off = Needs.NONE;
    for (int hour = 0; hour < hours; hour++) {
      mean = mean.seen(byHour.applyAsLong(hour), middle(hour));
      off = off.seen(swing, middle(hour));
    }
    return new Work(mean, off);
  }

  private static Instant middle(int hour) {
    return START.plusSeconds(3600L * hour + 1800);
  }

  private static Price from(Instant from, String dollars) {
    return new Price(CapacityType.OnDemand, HourlyRate.parse(dollars), from, null);
  }

  /// What is decided about a replica of `variant` that has run for long, where $10 of the day are
  /// spent.
  private static NamespaceDecision decide(String variant, Work work, Price... prices) {
    return decide(variant, work, START, prices);
  }

  /// The same of one that has run since `changed`.
  private static NamespaceDecision decide(
      String variant, Work work, Instant changed, Price... prices) {
    return decide(CHAT, new Serving(variant, 1, 2_500, 4_000, List.of()), work, changed, prices);
  }

  /// What serves, and what for.
  ///
  /// @param needs thousandths of GPUs that every hour needs
  private record Serving(
      String variant, int replicas, long demand, long needs, List<TokensPerSecond> repeats) {}

  private static NamespaceDecision decide(
      DeploymentPolicy deployment, Serving serving, Work work, Instant changed, Price... prices) {
    NamespacePolicy policy = Namespaces.hard("300", Period.Day, deployment);
    NamespaceSeen seen = seen(policy, deployment, serving, work, changed, "10", prices);
    return MoneyLoop.decide(seen, policy, NOW);
  }

  private static NamespaceSeen seen(
      NamespacePolicy policy,
      DeploymentPolicy deployment,
      Serving serving,
      Work work,
      Instant changed,
      String spent,
      Price... prices) {
    String variant = serving.variant();
    List<VariantSeen> variants = new ArrayList<>();
    for (Variant each : deployment.policy().ladder()) {
      variants.add(
          VariantSeen.of(
              each,
              Namespaces.pool(prices),
              null,
              VariantSeen.Slo.NotDeclared,
              NOW,
              policy.leaving().total()));
    }
    HourlyRate one = prices[0].perNodeHour().times(Namespaces.gpus(deployment, variant));
    HourlyRate hourly = one.times(serving.replicas());
    Holding holding =
        new Holding(variant, serving.replicas(), serving.replicas(), false, Exposure.fixed(hourly));
    Grant grant =
        new Grant(
            "chat",
            variant,
            serving.replicas(),
            0,
            hourly,
            "WithinBudget",
            "",
            changed,
            null,
            Duration.ofMinutes(5));
    Needs needs = Needs.NONE;
    for (int hour = 0; hour < 24; hour++) {
      needs = needs.seen(serving.needs(), middle(hour));
    }
    LoopState state =
        new LoopState(LoopState.EMPTY.heat(), List.of(grant), List.of(), null, needs, work, null);
    DeploymentSeen chat =
        new DeploymentSeen(
            "chat",
            variant,
            List.of(holding),
            variants,
            TokensPerSecond.of(serving.demand()),
            serving.repeats(),
            Map.of());
    MoneySeen money =
        new MoneySeen(
            NOW,
            policy.calendar().containing(NOW),
            Money.parse(spent),
            Money.ZERO,
            false,
            List.of());
    return new NamespaceSeen(NOW, money, List.of(chat), List.of(), state);
  }

  /// What would differ if money were spread otherwise.
  private static String spread(NamespaceDecision decision) {
    return "%s %s".formatted(decision.allowed(), decision.figures());
  }

  @Test
  void shouldLeaveARungThatIsNotPaidForThoughTheNextWouldCostAsMuchIfItServedTheWholeDemand() {
    // One medium replica takes nearly all of the demand for as much as the two small ones that
    // would take all of it; the money pays for one small one until the day ends.
    Grant grant = decide("medium", DIFFERENT, Namespaces.price("12")).grant("chat").orElseThrow();

    assertThat(grant.variant() + "*" + grant.replicas()).isEqualTo("small*1");
  }

  @Test
  void shouldSayOfHowManyHoursItIsKnownWhatTheyNeedWhereMoneyIsSpreadByWhatItBuys() {
    NamespaceDecision first = decide("medium", work(3, _ -> 3_571, 0), Namespaces.price("12"));
    NamespaceDecision later = decide("medium", DIFFERENT, Namespaces.price("12"));

    assertThat(Objects.requireNonNull(first.outlook()).basis())
        .startsWith("Linear: ")
        .endsWith(
            "; 3 of 24 known, and seasonal from 24 on;"
                + " no band: 0 of 2 past days tell how far off that is");
    assertThat(Objects.requireNonNull(later.outlook()).basis())
        .startsWith("Seasonal: ")
        .endsWith("; 24 of 24 known; no band: 0 of 2 past days tell how far off that is");
  }

  @Test
  void shouldSpreadByWhatMoneyBuysWhereHoursDiffer() {
    assertSpreadByWhatItBuys(DIFFERENT, Namespaces.price("12"));
  }

  @Test
  void shouldSpreadByNeedWhereTheHoursTellNothing() {
    Price always = Namespaces.price("12");
    String byNeed = spread(decide("small", Work.NONE, always));

    assertThat(spread(decide("small", work(hour -> hour < 12 ? 3_571 : 357, 1_500), always)))
        .isEqualTo(byNeed);
  }

  @Test
  void shouldPutMoneyByForHoursThatAreDeclaredToCostLess() {
    Instant evening = START.plusSeconds(18 * 3600);
    Price always = Namespaces.price("12");

    NamespaceDecision cheaper = decide("small", EVEN, always, from(evening, "4"));
    NamespaceDecision same = decide("small", EVEN, always, from(evening, "12"));

    assertThat(allowed(cheaper)).isLessThan(allowed(same));
  }

  @Test
  void shouldSpreadAsEverWhereAPriceIsDeclaredToChangeAfterThePeriod() {
    Price always = Namespaces.price("12");
    Instant next = START.plusSeconds(24 * 3600);

    assertThat(spread(decide("small", DIFFERENT, always, from(next, "4"))))
        .isEqualTo(spread(decide("small", DIFFERENT, always)));
  }

  @Test
  void shouldSpreadByWhatMoneyBuysWhereDemandIsTheSameAtAllHours() {
    assertSpreadByWhatItBuys(EVEN, Namespaces.price("4"));
  }

  private static void assertSpreadByWhatItBuys(Work work, Price always) {
    assertThat(spread(decide("small", work, always)))
        .isNotEqualTo(spread(decide("small", Work.NONE, always)));
  }

  @Test
  void shouldLeaveARungInTimeBeforePricesRiseAsDeclared() {
    Grant soon = rises("medium", 240);
    Grant later = rises("medium", 600);

    assertThat(soon.variant()).isEqualTo("small");
    assertThat(soon.surge()).isEqualTo(1);
    assertThat(later.variant()).isEqualTo("medium");
  }

  @Test
  void shouldLeaveARungAsLateAsChangesTakeWhereOneWasMade() {
    assertThat(takes(200, 190).grant("chat").orElseThrow().variant()).isEqualTo("small");
    assertThat(takes(200, 210).grant("chat").orElseThrow().variant()).isEqualTo("medium");
    assertThat(takes(400, 390).grant("chat").orElseThrow().variant()).isEqualTo("small");
  }

  @Test
  void shouldLookAgainWhenAChangeForADeclaredPriceHasToBegin() {
    assertThat(takes(200, 230).wake()).isEqualTo(NOW.plusSeconds(30));
    assertThat(takes(200, 10).wake()).isEqualTo(NOW.plusSeconds(10));
  }

  /// What is decided about a medium replica where a change to small takes so many seconds, and
  /// prices rise in so many.
  private static NamespaceDecision takes(long seconds, long rise) {
    NamespacePolicy policy = Namespaces.hard("300", Period.Day, CHAT);
    Serving serving = new Serving("medium", 1, 2_500, 4_000, List.of());
    NamespaceSeen seen = seen(policy, CHAT, serving, EVEN, START, "10", dearer(rise));
    DeploymentSeen chat = seen.deployments().getFirst();
    DeploymentSeen changed =
        new DeploymentSeen(
            chat.name(),
            chat.active(),
            chat.holdings(),
            chat.variants(),
            chat.demand(),
            chat.repeats(),
            Map.of("small", Duration.ofSeconds(seconds)));
    return MoneyLoop.decide(
        new NamespaceSeen(NOW, seen.money(), List.of(changed), List.of(), seen.state()),
        policy,
        NOW);
  }

  @Test
  void shouldChangeTheRungForQuartersOfAnHourWherePricesTripleAndGoByTheMeanWhereTheyRiseByHalf() {
    String mean = "prices change again and again, so their mean from ";

    assertThat(quarter("12").variant()).isEqualTo("medium");
    assertThat(quarter("12").message()).doesNotContain(mean);
    assertThat(quarter("6").message()).contains(mean);
  }

  /// What is decided about a small replica when a quarter of an hour begins that costs $4 of a node
  /// an hour, where each other one costs `dear`.
  private static Grant quarter(String dear) {
    Duration quarter = Duration.ofMinutes(15);
    return decide("small", EVEN, swings(dear, quarter, quarter, 50)).grant("chat").orElseThrow();
  }

  /// $4 of a node an hour, and `dear` for half of each of `count` turns, of which the first begins
  /// `first` after the present.
  private static Price[] swings(String dear, Duration first, Duration half, int count) {
    List<Price> prices = new ArrayList<>(List.of(from(START.minus(Duration.ofDays(9)), "4")));
    for (int i = 0; i < count; i++) {
      Instant from = NOW.plus(first).plus(half.multipliedBy(2L * i));
      HourlyRate rate = HourlyRate.parse(dear);
      prices.add(new Price(CapacityType.OnDemand, rate, from, from.plus(half)));
    }
    return prices.toArray(Price[]::new);
  }

  @Test
  void shouldBeginNoRungThatDeclaredPricesEndAtOnce() {
    assertThat(rises("small", 500).variant()).isEqualTo("small");
    assertThat(rises("small", 1_800).variant()).isEqualTo("medium");
  }

  @Test
  void shouldSayFromWhenOnARungIsTooDear() {
    NamespaceDecision decision = decide("medium", EVEN, START, dearer(240));

    assertThat(decision.deployments().getFirst().explanation().candidates())
        .anySatisfy(
            each ->
                assertThat(each.verdict())
                    .isEqualTo("$24.00/h from 2026-03-02T01:04:00Z on, when small serves"));
  }

  @Test
  void shouldClimbAgainAfterADwellWhereDeclaredPricesEndedARungAndLaterWhereNothingForetoldIt() {
    Instant minutesAgo = NOW.minusSeconds(400);
    Grant declared = decide("medium", EVEN, minutesAgo, dearer(240)).grant("chat").orElseThrow();
    Grant sudden =
        decide("medium", EVEN, minutesAgo, Namespaces.price("12")).grant("chat").orElseThrow();

    assertThat(declared.variant()).isEqualTo("small");
    assertThat(declared.climbAfter()).isEqualTo(Duration.ofMinutes(5));
    assertThat(sudden.variant()).isEqualTo("small");
    assertThat(sudden.climbAfter()).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void shouldGoByTheMeanOfPricesThatComeBackSoonerThanARungIsWorthChanging() {
    // Of $12.61 an hour: medium costs $10 on average, $18 and $2 by turns; or $24, $36 and $12.
    assertThat(turns("medium", "9", "1")).isEqualTo("medium");
    assertThat(turns("medium", "1", "9")).isEqualTo("medium");
    assertThat(turns("small", "1", "9")).isEqualTo("medium");
    assertThat(turns("small", "6", "18")).isEqualTo("small");
    assertThat(turns("medium", "6", "18")).isEqualTo("small");
  }

  /// What is decided where every other hour costs three times as much, of those from `first` to
  /// `last`, as hours after the present.
  private static NamespaceDecision everyOtherHour(int first, int last) {
    int count = Math.ceilDiv(last - first, 2);
    return decide(
        "medium", EVEN, swings("12", Duration.ofHours(first), Duration.ofHours(1), count));
  }

  @Test
  void shouldSpreadMoneyAsIfPricesThatCameAndWentWereDeclaredToGoOn() {
    NamespaceDecision declared = everyOtherHour(-9, 23);
    NamespaceDecision foreseen = everyOtherHour(-9, 3);
    NamespaceDecision twice = everyOtherHour(-1, 3);

    assertThat(spread(foreseen)).isEqualTo(spread(declared));
    assertThat(spread(twice)).isNotEqualTo(spread(declared));
    assertThat(foreseen.reserve()).isEqualTo(twice.reserve());
    assertThat(foreseen.fundedUntil()).isEqualTo(twice.fundedUntil());
  }

  @Test
  void shouldPutAsMuchMoneyByForChangesWhicheverRungServes() {
    // A better rung that puts more by finds too little for itself a moment after the climb to it.
    assertThat(free("large", 2)).isEqualTo(free("small", 1)).isGreaterThan(free("small", 0));
  }

  /// Percent of the money that stays free where so many replicas of `variant` serve; as declared
  /// where it is none.
  private static int free(String variant, int replicas) {
    NamespacePolicy policy = Namespaces.hard("300", Period.Day, CHAT);
    Serving serving = new Serving(variant, replicas, 2_500, 4_000, List.of());
    NamespaceSeen seen = seen(policy, CHAT, serving, EVEN, START, "280", Namespaces.price("12"));
    Present present = Present.of(seen, policy, NOW);
    Wish wish =
        Wish.of(
            CHAT, Objects.requireNonNull(present.stocks().get("chat")), seen.state(), false, NOW);
    return present.free(wish, replicas == 0 ? null : present.funds().orElse(null));
  }

  @Test
  void shouldSayThatAPriceIsExpectedWhichIsNotDeclared() {
    assertThat(verdicts(everyHour(1)))
        .contains("$24.00/h from 2026-03-02T01:04:00Z on, when small serves");
    assertThat(verdicts(everyHour(0)))
        .contains("$24.00/h expected from 2026-03-02T01:04:00Z on, when small serves");
  }

  /// What is decided where half of every hour costs three times as much, from four minutes after
  /// the present on, of which so many are declared.
  private static NamespaceDecision everyHour(int declared) {
    Duration first = Duration.ofMinutes(4).minusHours(4);
    return decide("medium", EVEN, swings("12", first, Duration.ofMinutes(30), declared + 4));
  }

  private static List<String> verdicts(NamespaceDecision decision) {
    return decision.deployments().getFirst().explanation().candidates().stream()
        .map(Candidate::verdict)
        .toList();
  }

  @Test
  void shouldNotChangeToAndFroWhereABetterRungIsWorthAsMuchNowAsLater() {
    // The better rung is paid for half of the rest of the day, whichever half that is.
    Price always = Namespaces.price("8");

    assertThat(decide("medium", EVEN, always).grant("chat").orElseThrow().variant())
        .isEqualTo("medium");
    assertThat(decide("small", EVEN, always).grant("chat").orElseThrow().variant())
        .isEqualTo("small");
  }

  /// What serves where a GPU costs as much now, and the other half of every five minutes as much.
  private static String turns(String variant, String now, String then) {
    List<Price> prices = new ArrayList<>();
    for (int i = 0; i < 23 * 24; i++) {
      Instant from = i == 0 ? Instant.EPOCH : NOW.plusSeconds(150 * i - 60);
      Instant until = NOW.plusSeconds(150 * (i + 1) - 60);
      HourlyRate rate = HourlyRate.parse(i % 2 == 0 ? now : then);
      prices.add(new Price(CapacityType.OnDemand, rate, from, until));
    }
    prices.add(from(NOW.plusSeconds(150 * 23 * 24 - 60), now));
    Grant grant =
        decide(variant, EVEN, START, prices.toArray(Price[]::new)).grant("chat").orElseThrow();
    assertThat(grant.message()).contains("prices change again and again, so their mean from ");
    return grant.variant();
  }

  private static Grant rises(String variant, long seconds) {
    return decide(variant, EVEN, START, dearer(seconds)).grant("chat").orElseThrow();
  }

  /// $4 a GPU now, and three times as much for half of the rest of the day.
  private static Price[] dearer(long seconds) {
    Instant at = NOW.plusSeconds(seconds);
    return new Price[] {
      new Price(CapacityType.OnDemand, HourlyRate.parse("4"), Instant.EPOCH, at),
      new Price(CapacityType.OnDemand, HourlyRate.parse("12"), at, at.plusSeconds(11 * 3600)),
      from(at.plusSeconds(11 * 3600), "4")
    };
  }

  private static long allowed(NamespaceDecision decision) {
    return Objects.requireNonNull(decision.allowed()).microsPerHour();
  }

  /// Seven minutes of each quarter of an hour ask for ten times as much as the others: two medium
  /// replicas, and one, for $12 of the $12.61 an hour that are left. That other hours need what
  /// busy minutes do is what is remembered of them at the end of such minutes.
  private static String quarters(String variant, boolean busy, boolean known) {
    List<TokensPerSecond> minutes = new ArrayList<>();
    for (int minute = 0; minute < 15; minute++) {
      minutes.add(TokensPerSecond.of(minute < 6 ? 4_800 : 480));
    }
    int wanted = busy ? 2 : 1;
    DeploymentPolicy chat =
        new DeploymentPolicy(
            CHAT.policy().wanting("large", wanted),
            100,
            1,
            true,
            false,
            true,
            false,
            CHAT.transition(),
            CHAT.dwell());
    Serving serving =
        new Serving(variant, wanted, busy ? 4_800 : 480, 8_000, known ? minutes : List.of());
    Work swings = work(_ -> 3_771, 3_086);
    Grant grant =
        decide(chat, serving, swings, START, Namespaces.price("4")).grant("chat").orElseThrow();
    return grant.variant() + "*" + grant.replicas();
  }

  @Test
  void shouldSpendMoreThanOnAverageInBusyMinutesOfADemandThatRepeats() {
    assertThat(quarters("small", true, true)).isEqualTo("medium*2");
    assertThat(quarters("small", true, false)).isEqualTo("small*2");
  }

  @Test
  void shouldKeepTheRungInQuietMinutesOfADemandThatRepeats() {
    assertThat(quarters("medium", false, true)).isEqualTo("medium*1");
    assertThat(quarters("medium", false, false)).isEqualTo("small*1");
  }

  @Test
  void shouldGoByTheHoursWhereTheyDifferThoughDemandRepeats() {
    List<TokensPerSecond> minutes = List.of(TokensPerSecond.of(4_500), TokensPerSecond.of(500));
    Serving repeats = new Serving("medium", 1, 2_500, 4_000, minutes);
    Price always = Namespaces.price("12");

    assertThat(spread(decide(CHAT, repeats, DIFFERENT, START, always)))
        .isEqualTo(spread(decide("medium", DIFFERENT, always)));
  }
}
