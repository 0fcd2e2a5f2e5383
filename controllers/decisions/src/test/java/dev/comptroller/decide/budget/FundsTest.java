package dev.comptroller.decide.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FundsTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final Window DAY = new Window(START, START.plus(Duration.ofDays(1)));
  private static final Window NEXT = new Window(DAY.end(), DAY.end().plus(Duration.ofDays(1)));
  private static final Leaving LEAVING =
      new Leaving(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(90));

  private static Funds funds(String amount, String spent, Instant now) {
    Position position = new Position(DAY, Money.parse(amount), Money.parse(spent), Money.ZERO);
    return new Funds(position, LEAVING, now);
  }

  private static Exposure rate(String now, String highest) {
    return new Exposure(HourlyRate.parse(now), HourlyRate.parse(highest));
  }

  @Test
  void shouldAllowWhatIsLeftOverTheRestWherePricesCannotRise() {
    Funds funds = funds("240", "60", START.plus(Duration.ofHours(6)));
    assertThat(funds.allowed(rate("5", "5"))).isEqualTo(HourlyRate.parse("10"));
    assertThat(funds.allowed(Exposure.NONE)).isEqualTo(HourlyRate.parse("10"));
    assertThat(funds.explain(rate("5", "5")))
        .isEqualTo(
            "$10.00/h allowed: $180.00 of $240.00 left for 64800 s, the last 180 s of it at up to"
                + " $5.00/h for what runs at $5.00/h");
  }

  @Test
  void shouldKeepTheReserveOfWhatLeavingCostsAtTheHighestPrice() {
    Funds funds = funds("240", "0", START);
    assertThat(funds.reserve(rate("5", "20"))).isEqualTo(new Reserve(Money.parse("1"), Money.ZERO));
    assertThat(funds.allowed(rate("5", "20")).print(4)).isEqualTo("9.9379");
    assertThat(funds.permits(rate("9.937888", "39.751552"), Reserve.NONE)).isTrue();
    assertThat(funds.permits(rate("9.937889", "39.751556"), Reserve.NONE)).isFalse();
  }

  @Test
  void shouldHoldSecondsPastTheEndAgainstTheNextPeriod() {
    Funds funds = funds("240", "239.50", DAY.end().minusSeconds(90));
    assertThat(funds.reserve(rate("20", "20")))
        .isEqualTo(new Reserve(Money.parse("0.50"), Money.parse("0.50")));
    assertThat(funds.holds(funds.reserve(rate("20", "20")))).isTrue();
    assertThat(funds.over(funds.reserve(rate("20", "20.00004")))).isEqualTo(new Money(1));
    assertThat(funds.fundedUntil(rate("20", "20"), NEXT))
        .isEqualTo(DAY.end().plusSeconds(12 * 3600 - 180));
  }

  @Test
  void shouldNotStartWhatTheNextPeriodCouldNotPayToLeave() {
    Funds funds = funds("1", "0", DAY.end().minusSeconds(1));
    assertThat(funds.permits(rate("20", "20"), Reserve.NONE)).isTrue();
    assertThat(funds.permits(rate("21", "21"), Reserve.NONE)).isFalse();
    assertThat(funds.holds(funds.reserve(rate("21", "21")))).isFalse();
  }

  @Test
  void shouldAllowNothingWhenTheAmountWasLoweredBelowWhatIsSpent() {
    Funds funds = funds("50", "60", START.plusSeconds(5));
    assertThat(funds.position().left()).isEqualTo(Money.parse("50").minus(Money.parse("60")));
    assertThat(funds.allowed(rate("5", "5"))).isEqualTo(HourlyRate.ZERO);
    assertThat(funds.permits(Exposure.NONE, Reserve.NONE)).isFalse();
    assertThat(funds.over(Reserve.NONE)).isEqualTo(Money.parse("10"));
    assertThat(funds.fundedUntil(rate("5", "5"), NEXT)).isEqualTo(START.plusSeconds(5));
  }

  @Test
  void shouldBeFundedUntilBurnAndReserveReachTheAmount() {
    Funds funds = funds("21", "0", START);
    assertThat(funds.fundedUntil(rate("10", "20"), NEXT)).isEqualTo(START.plusSeconds(3600));
    assertThat(funds.fundedUntil(rate("20", "20.0004"), NEXT)).isEqualTo(START.plusSeconds(3599));
    assertThat(funds.fundedUntil(Exposure.NONE, NEXT)).isEqualTo(NEXT.end());
    assertThat(funds.fundedUntil(rate("10", "500"), NEXT)).isEqualTo(START);
  }

  @Test
  void shouldCountChargesPaidToOthersAndRoundedSpend() {
    Position position =
        Position.of(
            BudgetState.linear(
                DAY, Money.parse("10"), Money.parse("4"), HourlyRate.ZERO, false, START),
            Money.parse("5"));
    assertThat(position.left()).isEqualTo(new Money(999_999));
  }

  /// The allowance is exact: it can be run until the end, one micro-dollar an hour more cannot.
  @Property
  void shouldAllowAsMuchAsCanBePaidAndNoMore(
      @ForAll @LongRange(min = 1, max = 10_000_000_000L) long amount,
      @ForAll @LongRange(min = 0, max = 10_000_000_000L) long spent,
      @ForAll @IntRange(min = 1, max = 4) int dearer,
      @ForAll @IntRange(min = 0, max = 86_399) int second) {
    Position position = new Position(DAY, new Money(amount), new Money(spent), Money.ZERO);
    Funds funds = new Funds(position, LEAVING, START.plusSeconds(second));
    Exposure unit = new Exposure(new HourlyRate(1), new HourlyRate(dearer));
    long allowed = funds.allowed(unit).microsPerHour();
    long rest = 86_400L - second;
    long last = Math.min(180L, rest);
    long left = Math.max(0, amount - spent) * 3600;
    assertThat(allowed * (rest - last) + allowed * dearer * last).isLessThanOrEqualTo(left);
    assertThat((allowed + 1) * (rest - last) + (allowed + 1) * dearer * last).isGreaterThan(left);
  }

  @Test
  void shouldEndTheMoneySoonerWhereAPriceIsDeclaredToRise() {
    Funds funds = funds("21", "0", START);
    Exposure.Step dearer = new Exposure.Step(START.plusSeconds(1800), HourlyRate.parse("60"));
    Exposure.Step usual = new Exposure.Step(START.plusSeconds(2400), HourlyRate.parse("10"));
    HourlyRate rate = HourlyRate.parse("10");

    Exposure steady = new Exposure(rate, rate);
    Exposure spike = new Exposure(rate, rate, List.of(dearer, usual));
    Exposure rise = new Exposure(rate, rate, List.of(dearer));

    // $21 pay for 7,560 s at $10/h; the last 180 s are kept for leaving.
    assertThat(funds.fundedUntil(steady, NEXT)).isEqualTo(START.plusSeconds(7380));
    // 600 s at $60/h cost $8.33 more.
    assertThat(funds.fundedUntil(spike, NEXT)).isEqualTo(START.plusSeconds(4380));
    // $5 are gone after 1,800 s; $16 pay for 960 s at $60/h, 180 of them to leave.
    assertThat(funds.fundedUntil(rise, NEXT)).isEqualTo(START.plusSeconds(1800 + 780));
  }

  /// Second by second until it is no longer true.
  @Property(tries = 200)
  void shouldBeFundedExactlyAsLongAsTheInequalityHolds(
      @ForAll @LongRange(min = 1, max = 5_000) long amount,
      @ForAll @LongRange(min = 0, max = 5_000) long spent,
      @ForAll @LongRange(min = 0, max = 20_000) long rate,
      @ForAll @Size(max = 4) List<@LongRange(min = 0, max = 40_000) Long> rates,
      @ForAll @IntRange(min = 80_000, max = 86_399) int second,
      @ForAll Random random) {
    Instant present = START.plusSeconds(second);
    NavigableMap<Integer, Long> steps = new TreeMap<>();
    rates.forEach(each -> steps.put(second + 1 + random.nextInt(7_000), each));
    steps.put(second, highest(steps, second, second, rate));
    List<Exposure.Step> later =
        steps.tailMap(second, false).entrySet().stream()
            .map(
                step ->
                    new Exposure.Step(
                        START.plusSeconds(step.getKey()), new HourlyRate(step.getValue())))
            .toList();
    HourlyRate highest = new HourlyRate(steps.firstEntry().getValue());
    Exposure running = new Exposure(new HourlyRate(rate), highest, later);
    Position position = new Position(DAY, new Money(amount), new Money(spent), Money.ZERO);
    Instant until = new Funds(position, LEAVING, present).fundedUntil(running, NEXT);

    assertThat(until).isBetween(present, NEXT.end());
    long last = second + Duration.between(present, until).toSeconds();
    if (!funded(amount, spent, steps, 0, second)) {
      assertThat(until).isEqualTo(present);
      return;
    }
    long burnt = 0;
    for (int at = second; at <= Math.min(last + 1, 100_000); at++) {
      boolean funded = funded(amount, spent, steps, burnt, at);
      assertThat(funded).as("second %d of %d", at, last).isEqualTo(at <= last);
      burnt = at + 1 == 86_400 ? 0 : burnt + steps.floorEntry(at).getValue();
    }
  }

  private static boolean funded(
      long amount, long spent, NavigableMap<Integer, Long> steps, long burnt, int second) {
    long inside = second >= 86_400 ? 180 : Math.min(180, 86_400 - second);
    long rate = highest(steps, second, second + 180, 0);
    long gone = (second >= 86_400 ? 0 : spent * 3600) + burnt;
    return gone + rate * inside <= amount * 3600 && rate * (180 - inside) <= amount * 3600;
  }

  private static long highest(NavigableMap<Integer, Long> steps, int from, int to, long least) {
    long highest = least;
    Map.Entry<Integer, Long> inForce = steps.floorEntry(from);
    highest = inForce == null ? highest : Math.max(highest, inForce.getValue());
    for (long each : steps.subMap(from, true, to, true).values()) {
      highest = Math.max(highest, each);
    }
    return highest;
  }
}
