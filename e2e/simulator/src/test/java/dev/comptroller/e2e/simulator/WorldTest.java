package dev.comptroller.e2e.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.e2e.simulator.scenario.Demands;
import dev.comptroller.e2e.simulator.scenario.Fleets;
import dev.comptroller.e2e.simulator.scenario.Oracle;
import dev.comptroller.e2e.simulator.world.Gateway;
import dev.comptroller.e2e.simulator.world.Lengths;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.PriceTrack.Point;
import dev.comptroller.e2e.simulator.world.Purse;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Speed;
import dev.comptroller.e2e.simulator.world.Table;
import dev.comptroller.e2e.simulator.world.Tally;
import dev.comptroller.e2e.simulator.world.Tally.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The parts of the simulated world, each by itself.
class WorldTest {
  private static final Service CHAT =
      Fleets.service(Fleets.LADDER, Demands.of(60, Demands.flat(2), Fleets.MIX, 0, 0));

  @Test
  void shouldCountWhatIsAskedForByTheMinuteWhetherItIsServedOrNot() {
    long start = 1_772_409_600;
    Gateway gateway = new Gateway(CHAT);
    gateway.serve(start, 90, Map.of(), new Tally());
    double tokens = 2 * Fleets.MIX.total();

    assertThat(gateway.asked().mean(start, start + 90)).isCloseTo(tokens, within(0.1));
    assertThat(gateway.asked().mean(start + 60, start + 120)).isCloseTo(tokens / 2, within(0.1));
    assertThat(gateway.asked().minutes(start, start + 119, 10)).hasSize(1);
    gateway.serve(start + 90, 35, Map.of(), new Tally());
    assertThat(gateway.asked().minutes(start, start + 125, 10))
        .hasSize(2)
        .allSatisfy(minute -> assertThat(minute).isCloseTo(tokens, within(0.1)));
    assertThat(gateway.asked().minutes(start, start + 125, 1)).hasSize(1);
    assertThat(gateway.asked().minutes(start + 1, start + 125, 10)).hasSize(1);
  }

  @Test
  void shouldComputeTheDeclaredTokensASecondAtFullLoadAndBeFasterWhenIdle() {
    Speed speed = Speed.calibrated(2_800, 64, Fleets.MIX);

    double most = speed.requests(Fleets.MIX);
    assertThat(most * Fleets.MIX.total()).isCloseTo(2_800, within(0.01));
    assertThat(speed.iteration(most, Fleets.MIX))
        .isGreaterThan(speed.iteration(most / 2, Fleets.MIX));
    assertThat(speed.iteration(0, Fleets.MIX)).isCloseTo(speed.a(), within(1e-9));
  }

  @Test
  void shouldTakeTheLatestPriceInForceAndTheDearestForATypeWithoutOne() {
    PriceTrack track = new PriceTrack(8);
    track.add(new Point(CapacityType.OnDemand, 0, Long.MAX_VALUE, 32, 0));
    track.add(new Point(CapacityType.OnDemand, 100, 200, 96, 50));
    assertThat(track.micros(CapacityType.OnDemand, 150)).isEqualTo(96);
    assertThat(track.micros(CapacityType.OnDemand, 200)).isEqualTo(32);
    assertThat(track.micros(CapacityType.Spot, 150)).isEqualTo(96);
    assertThat(track.declared(49).prices()).hasSize(1);
    assertThat(track.nextChange(0, 1_000)).isEqualTo(100);
  }

  @Test
  void shouldTellWhatNobodyCouldHaveActedUpon() {
    PriceTrack track = new PriceTrack(8);
    track.add(new Point(CapacityType.OnDemand, Long.MIN_VALUE, Long.MAX_VALUE, 32, Long.MIN_VALUE));
    track.add(new Point(CapacityType.OnDemand, 1_000, 2_000, 96, 700));
    track.add(new Point(CapacityType.OnDemand, 3_000, 4_000, 64, 3_000));

    assertThat(known(track, 1_000, 999)).isEqualTo(96);
    assertThat(known(track, 1_000, 699)).as("declared, not seen").isEqualTo(32);
    assertThat(known(track, 3_299, 3_299)).as("too late to have left").isEqualTo(32);
    assertThat(known(track, 3_300, 3_299)).isEqualTo(64);
  }

  private static long known(PriceTrack track, long now, long seen) {
    return track.micros(CapacityType.OnDemand, now, new PriceTrack.Known(seen, now, 300));
  }

  @Test
  void shouldRoundABillHalfUpOnce() {
    Purse purse = new Purse();
    purse.add(1, 1, 2, 3_600);
    assertThat(purse.micros()).isEqualTo(1);
    purse.add(1, 1, 2, 3_600);
    assertThat(purse.micros()).isEqualTo(1);
    purse.add(1, 1, 3, 3_600);
    assertThat(purse.micros()).isEqualTo(1);
  }

  @Test
  void shouldCapAnswersAtALength() {
    Lengths lengths = Lengths.of(10, 20, 30);
    assertThat(lengths.mean()).isEqualTo(20);
    assertThat(lengths.mean(20)).isCloseTo(50 / 3.0, within(1e-9));
    assertThat(lengths.mean(5)).isEqualTo(5);
  }

  @Test
  void shouldAdmitNothingPastFundedUntilAndWithoutAReplica() {
    Gateway gateway = new Gateway(CHAT);
    Tally tally = new Tally();
    gateway.route(table(new Table.Account(100, false, false, false, null, null)), 0);

    gateway.serve(40, 60, Map.of("large", 1), tally);
    assertThat(tally.refused()).isZero();
    gateway.serve(100, 60, Map.of("large", 1), tally);
    assertThat(tally.refused(Refusal.Unfunded)).isCloseTo(120, within(1e-6));
    gateway.serve(40, 60, Map.of(), tally);
    assertThat(tally.refused(Refusal.NotReady)).isCloseTo(120, within(1e-6));
    assertThat(gateway.nextChange(40, 1_000)).isEqualTo(100);
  }

  @Test
  void shouldOnlyCountWhenABudgetObserves() {
    Gateway gateway = new Gateway(CHAT);
    Tally tally = new Tally();
    gateway.route(table(new Table.Account(0, true, true, false, 1L, 1L)), 0);

    gateway.serve(40, 60, Map.of("large", 1), tally);

    assertThat(tally.refused()).isZero();
    assertThat(tally.tokens()).isCloseTo(120_000, within(100.0));
  }

  @Test
  void shouldThrottleToTheTokensAMinute() {
    Gateway gateway = new Gateway(CHAT);
    Tally tally = new Tally();
    gateway.route(table(new Table.Account(Long.MAX_VALUE, false, false, false, null, 60_000L)), 0);

    gateway.serve(0, 60, Map.of("large", 1), tally);

    assertThat(tally.tokens()).isCloseTo(60_000, within(1.0));
    assertThat(tally.refused(Refusal.Throttled)).isCloseTo(60, within(0.01));
  }

  @Test
  void shouldRefuseWhoWouldWaitLongerThanTheQueueMayTakeSoThatTheOthersKeepTheirPromise() {
    Tally byNumber = overloaded(new Service.Queue(64, null));
    Tally byTime = overloaded(new Service.Queue(64, Duration.ofSeconds(2)));

    assertThat(byNumber.attainment()).isLessThan(0.2);
    assertThat(byTime.attainment()).isEqualTo(1);
    assertThat(byTime.served() + byTime.refused(Refusal.Busy) + 2 * 2.8)
        .isCloseTo(byTime.arrived(), within(0.1));
    assertThat(byTime.served()).isCloseTo(byNumber.served(), within(0.1));
  }

  /// Ten minutes of 3 requests a second for a replica that serves 2.8.
  private static Tally overloaded(Service.Queue queue) {
    Service service =
        Fleets.service(Fleets.LADDER, Demands.of(60, Demands.flat(3), Fleets.MIX, 0, 0));
    List<Service.Rung> rungs =
        service.rungs().stream()
            .map(it -> new Service.Rung(it.variant(), it.quality(), it.speed(), queue))
            .toList();
    Gateway gateway =
        new Gateway(
            new Service(
                service.namespace(), service.name(), rungs, service.demand(), service.limits()));
    gateway.route(table(new Table.Account(Long.MAX_VALUE, false, false, false, null, null)), 0);
    Tally tally = new Tally();
    for (int second = 0; second < 600; second++) {
      gateway.serve(second, 1, Map.of("large", 1), tally);
    }
    return tally;
  }

  private static Table table(Table.Account account) {
    TreeMap<String, Integer> weights = new TreeMap<>(Map.of("large", 100));
    return new Table(new TreeMap<>(Map.of(Fleets.DEPLOYMENT, weights)), account);
  }

  @Test
  void shouldBuyTheBestTokensADollarFirst() {
    Oracle.World world =
        new Oracle.World(
            0,
            120,
            0,
            Demands.of(60, Demands.flat(100), Fleets.MIX, 0, 0),
            CHAT.rungs(),
            (second, _, count) -> (second < 60 ? 1.0 : 3.0) * count * 1e6,
            1,
            false);
    double large = 2_800 * 60;

    // One replica in the first minute costs 1/60 dollars, in the second three times that.
    assertThat(Oracle.best(world, 1e6 / 60).value()).isCloseTo(large, within(200.0));
    assertThat(Oracle.best(world, 4e6 / 60).value()).isCloseTo(2 * large, within(400.0));
    assertThat(Oracle.least(world, large).micros()).isCloseTo(1e6 / 60, within(20.0));
    assertThat(Oracle.least(world, large * 1.5).micros()).isCloseTo(2.5e6 / 60, within(50.0));
  }
}
