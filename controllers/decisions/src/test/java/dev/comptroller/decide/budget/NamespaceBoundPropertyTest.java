package dev.comptroller.decide.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/// A namespace lived second by second, with a purse of its own that knows nothing of reserves.
class NamespaceBoundPropertyTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final int PERIOD = 3_600;
  private static final int PERIODS = 2;
  private static final List<CapacityType> TYPES = List.of(CapacityType.values());

  /// A replica and, once it was told to leave, the second at which it is gone.
  private static final class Running {
    final CapacityType type;
    final int gpus;
    int gone = Integer.MAX_VALUE;
    int toldAt = -1;

    Running(CapacityType type, int gpus) {
      this.type = type;
      this.gpus = gpus;
    }
  }

  private static PriceBooks books(Random random, int perNode) {
    List<Price> prices = new ArrayList<>();
    for (CapacityType type :
        List.of(CapacityType.OnDemand, CapacityType.Spot, CapacityType.Reserved)) {
      prices.add(Price.always(type, new HourlyRate(1 + random.nextInt(100_000_000))));
      for (int i = random.nextInt(5); i > 0; i--) {
        Instant from = START.plusSeconds(random.nextLong((long) PERIOD * PERIODS));
        Instant until = from.plusSeconds(1 + random.nextInt(600));
        HourlyRate spike = new HourlyRate(1 + random.nextInt(300_000_000));
        prices.add(new Price(type, spike, from, until));
      }
    }
    return PriceBooks.of(Map.of("h100", new PriceBook(perNode, prices)));
  }

  @Property(tries = 60)
  void shouldNeverSpendPastTheAmountWhenTheBoundIsKeptAtEveryLook(@ForAll long seed) {
    Random random = new Random(seed);
    int perNode = 1 + random.nextInt(8);
    PriceBooks books = books(random, perNode);
    Leaving leaving =
        new Leaving(
            Duration.ofSeconds(1 + random.nextInt(60)),
            Duration.ofSeconds(random.nextInt(120)),
            Duration.ofSeconds(random.nextInt(60)));
    long amount = 1 + random.nextLong(random.nextBoolean() ? 200_000_000 : 2_000_000);
    BigInteger limit = whole(amount, perNode);
    List<Running> fleet = new ArrayList<>();
    BigInteger purse = BigInteger.ZERO;
    int look = 0;
    for (int second = 0; second < PERIOD * PERIODS; second++) {
      if (second % PERIOD == 0) {
        purse = BigInteger.ZERO;
      }
      if (second == look) {
        control(random, fleet, books, leaving, amount, purse, perNode, second);
        look = second + 1 + random.nextInt((int) leaving.controlInterval().toSeconds());
      }
      int present = second;
      fleet.removeIf(replica -> replica.gone <= present);
      purse = purse.add(secondOf(fleet, books, second));
      assertThat(purse).as("second %d", second).isLessThanOrEqualTo(limit);
    }
  }

  /// Tells replicas to leave until the inequality holds, then starts what is permitted.
  private static void control(
      Random random,
      List<Running> fleet,
      PriceBooks books,
      Leaving leaving,
      long amount,
      BigInteger purse,
      int perNode,
      int second) {
    Instant now = START.plusSeconds(second);
    Instant periodStart = START.plusSeconds(second - second % PERIOD);
    Window window = new Window(periodStart, periodStart.plusSeconds(PERIOD));
    BigInteger unit = whole(1, perNode);
    Money spent = new Money(purse.add(unit).subtract(BigInteger.ONE).divide(unit).longValueExact());
    Funds funds =
        new Funds(new Position(window, new Money(amount), spent, Money.ZERO), leaving, now);
    Reserve gone = Reserve.NONE;
    Exposure staying = Exposure.NONE;
    List<Running> stayers = new ArrayList<>();
    for (Running replica : fleet) {
      Exposure cost = exposure(replica, books, now, leaving);
      if (replica.toldAt < 0) {
        stayers.add(replica);
        staying = staying.plus(cost);
      } else {
        Duration rest = Duration.ofSeconds(replica.gone - (long) second);
        gone = gone.plus(Reserve.of(cost.highest(), rest, window, now));
      }
    }
    while (!stayers.isEmpty()
        && (random.nextInt(40) == 0 || !funds.holds(funds.reserve(staying).plus(gone)))) {
      Running told = stayers.remove(random.nextInt(stayers.size()));
      told.toldAt = second;
      told.gone = second + (int) leaving.afterDecision().toSeconds();
      Exposure cost = exposure(told, books, now, leaving);
      gone = gone.plus(Reserve.of(cost.highest(), leaving.afterDecision(), window, now));
      staying = Exposure.NONE;
      for (Running replica : stayers) {
        staying = staying.plus(exposure(replica, books, now, leaving));
      }
    }
    boolean hasty = random.nextBoolean();
    for (int attempt = 0; attempt < 4; attempt++) {
      CapacityType type = TYPES.get(random.nextInt(TYPES.size()));
      Running wanted = new Running(type, 1 + random.nextInt(perNode));
      Exposure plan = staying.plus(exposure(wanted, books, now, leaving));
      boolean permitted =
          hasty ? funds.holds(funds.reserve(plan).plus(gone)) : funds.permits(plan, gone);
      if (permitted) {
        fleet.add(wanted);
        staying = plan;
      }
    }
  }

  private static Exposure exposure(
      Running replica, PriceBooks books, Instant now, Leaving leaving) {
    return Exposure.of("h100", replica.type, replica.gpus, books, now, leaving.total());
  }

  private static BigInteger secondOf(List<Running> fleet, PriceBooks books, int second) {
    long sum = 0;
    for (Running replica : fleet) {
      long price =
          books
              .quote("h100", replica.type, START.plusSeconds(second))
              .perNodeHour()
              .microsPerHour();
      sum += price * replica.gpus;
    }
    return BigInteger.valueOf(sum);
  }

  /// Micro-dollars in the purse's unit: micro-dollars an hour * GPUs * seconds.
  private static BigInteger whole(long micros, int perNode) {
    return BigInteger.valueOf(micros).multiply(BigInteger.valueOf(3600L * perNode));
  }

  @Test
  void shouldUseTheWholeAmountWhenTheAllowanceIsRunToTheEnd() {
    for (int dearer = 1; dearer <= 3; dearer++) {
      Leaving leaving =
          new Leaving(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(30));
      Window window = new Window(START, START.plusSeconds(PERIOD));
      long purse = 0;
      Exposure unit = new Exposure(new HourlyRate(1), new HourlyRate(dearer));
      long rate = 0;
      for (int second = 0; second < PERIOD; second++) {
        if (second % 30 == 0) {
          Money spent = new Money((purse + 3599) / 3600);
          Position position = new Position(window, Money.parse("19"), spent, Money.ZERO);
          Funds funds = new Funds(position, leaving, START.plusSeconds(second));
          rate = funds.allowed(unit).microsPerHour();
        }
        purse += rate;
      }
      double used = purse / 3600.0 / 19e6;
      assertThat(used)
          .as("up to %d times dearer", dearer)
          .isBetween(dearer == 1 ? 0.999 : 0.95, 1.0);
    }
  }
}
