package dev.comptroller.reconcile.posting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.capacity.PostedPrice;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.capacity.TokenWeights;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.posting.PostedPrices.Basis;
import dev.comptroller.reconcile.posting.PostedPrices.Measure;
import dev.comptroller.reconcile.posting.PostedPrices.Measures;
import dev.comptroller.reconcile.signals.TokenCounters;
import dev.comptroller.reconcile.signals.TokenLedger;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PostedPricesTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final TokenLedger.Key LARGE = new TokenLedger.Key("team", "chat", "large");

  /// Tokens a minute at half of 1,000 a second.
  private static final long BUSY = 30_000;

  /// One replica of one GPU, and who looks at it every minute.
  private static final class World {
    final Instant born;
    Instant now;
    String hourly = "3.60";
    TokenCounters counters = TokenCounters.ZERO;
    Variant.@Nullable DeclaredPrice declared;
    Measures measures = Measures.NOTHING;
    PostedPrices prices = new PostedPrices((key, at) -> measures.of(key, at));
    @Nullable PostedPrice posted;
    byte[] saved = new byte[0];
    Instant savedAt = Instant.MIN;
    final List<PostedPrice> history = new ArrayList<>();
    int writes;

    World() {
      this(START);
    }

    World(Instant start) {
      now = start;
      born = start;
    }

    Optional<PostedPrice> post(@Nullable PostedPrice inTable) {
      return post("uid", inTable);
    }

    Optional<PostedPrice> post(String deployment, @Nullable PostedPrice inTable) {
      Variant variant =
          new Variant(
              "large",
              "h100",
              1,
              BigDecimal.ONE,
              0,
              "",
              8,
              TokensPerSecond.of(1_000),
              declared,
              50);
      Optional<PostedPrice> price =
          prices.post(
              LARGE,
              new Basis(deployment, variant, HourlyRate.parse(hourly), Throughput.of(variant, "")),
              inTable,
              now);
      if (price.isPresent() && (history.isEmpty() || !history.getLast().equals(price.get()))) {
        history.add(price.get());
      }
      return price;
    }

    PostedPrice first() {
      posted = post(null).orElseThrow();
      save();
      return posted;
    }

    /// Serves so many tokens a minute, three in for each one out.
    void serve(Duration time, long perMinute) {
      for (Instant end = now.plus(time); now.isBefore(end); ) {
        minute(perMinute);
        posted = post(posted).orElseThrow();
        save();
      }
    }

    void minute(long tokens) {
      now = now.plus(Duration.ofMinutes(1));
      counters =
          new TokenCounters(
              counters.input() + tokens * 3 / 4, 0, counters.output() + tokens - tokens * 3 / 4);
      look();
    }

    void look() {
      prices.add(LARGE, replica("pod", born), now, counters, books(hourly));
    }

    /// Saves as the store does: a version at once, else every five minutes.
    private void save() {
      if (prices.moved().contains("team")
          && (prices.urgent().contains("team")
              || !now.isBefore(savedAt.plus(PostedStore.QUANTUM)))) {
        saved = prices.book("team", now).write();
        savedAt = now;
        writes++;
      }
    }

    /// The process is killed and the next one goes on from what was saved.
    void crash() {
      prices = new PostedPrices((key, at) -> measures.of(key, at));
      prices.restore("team", PostedBook.read(saved));
    }

    long mean() {
      PostedPrice price = history.getLast();
      return (3 * price.input().microsPerMillion() + price.output().microsPerMillion()) / 4;
    }

    long version() {
      return history.getLast().version();
    }
  }

  private static ReplicaInterval replica(String uid, Instant start) {
    return new ReplicaInterval(
        uid, "h100", CapacityType.OnDemand, 1, start, new ReplicaInterval.Running());
  }

  private static PriceBooks books(String hourly) {
    return PriceBooks.of(
        Map.of(
            "h100",
            new PriceBook(
                1,
                List.of(new Price(CapacityType.OnDemand, HourlyRate.parse(hourly), null, null)))));
  }

  @Test
  void shouldBeginWithCostOverTheMeasuredSpeedElseTheDeclaredOne() {
    World world = new World();
    world.first();
    assertThat(world.mean()).isCloseTo(2_000_000, within(1L));
    assertThat(world.version()).isEqualTo(1);
    World fast = new World();
    fast.measures =
        (_, _) -> Optional.of(new Measure(TokensPerSecond.of(2_000), TokenWeights.USUAL));
    fast.first();
    assertThat(fast.mean()).isCloseTo(1_000_000, within(1L));
  }

  @Test
  void shouldLeaveAPriceAloneThatHoursBearOutAndWriteNothingAtRest() {
    World world = new World();
    world.first();
    world.serve(Duration.ofHours(6), BUSY);
    assertThat(world.history).hasSize(1);
    world.serve(Duration.ofMinutes(10), 0);
    int writes = world.writes;
    world.serve(Duration.ofHours(6), 0);
    assertThat(world.writes).as("at rest").isEqualTo(writes);
    assertThat(world.prices.next(world.now)).isEmpty();
  }

  @Test
  void shouldFollowWhatHoursCostByAFifthAnHourAndMakeUpForIt() {
    World world = new World();
    world.first();
    world.serve(Duration.ofHours(2), BUSY);
    world.hourly = "14.40";
    long before = world.mean();
    for (int hour = 0; hour < 7; hour++) {
      world.serve(Duration.ofHours(1), BUSY);
      assertThat(world.mean()).isBetween(before, before * 12 / 10 + 1);
      before = world.mean();
    }
    assertThat(before).as("1.2^7").isCloseTo(2_000_000 * 3_583L / 1_000, within(1_000L));
    assertThat(world.version()).as("one an hour").isEqualTo(8);
    world.serve(Duration.ofHours(2), BUSY);
    assertThat(world.mean()).as("a tenth above the cost").isCloseTo(8_800_000, within(90_000L));
    world.serve(Duration.ofHours(60), BUSY);
    assertThat(world.mean()).isCloseTo(8_000_000, within(80_000L));
    assertThat(carried(world)).as("of 14.4 dollars an hour").isLessThan(144_000);
  }

  private static Posting remembered(World world) {
    return world.prices.book("team", world.now).deployments().values().stream()
        .flatMap(variants -> variants.values().stream())
        .findFirst()
        .orElseThrow();
  }

  private static long carried(World world) {
    return Math.abs(remembered(world).carried());
  }

  @Test
  void shouldFollowAnEditedNodePriceSlowlyBeforeAnythingIsServed() {
    World world = new World();
    world.first();
    world.hourly = "36.00";
    long before = world.mean();
    for (int hour = 0; hour < 3; hour++) {
      world.serve(Duration.ofHours(1), 0);
      assertThat(world.mean()).isCloseTo(before * 12 / 10, within(3L));
      assertThat(world.prices.next(world.now)).isPresent();
      before = world.mean();
    }
  }

  @Test
  void shouldTakeNothingFromHoursInWhichNothingIsServed() {
    World world = new World();
    world.first();
    world.serve(Duration.ofHours(2), BUSY);
    world.hourly = "36.00";
    world.serve(Duration.ofMinutes(90), 0);
    long version = world.version();
    world.serve(Duration.ofHours(30), 0);
    assertThat(world.version()).isEqualTo(version);
    world.hourly = "3.60";
    world.serve(Duration.ofMinutes(54), BUSY);
    assertThat(world.version()).as("no hour yet").isEqualTo(version);
    world.serve(Duration.ofHours(4), BUSY);
    assertThat(world.mean()).as("idle hours count for none").isCloseTo(2_000_000, within(50_000L));
  }

  @Test
  void shouldPostAndNumberTheSameWhenItIsKilledAtAnyTime() {
    for (int seed = 0; seed < 20; seed++) {
      World calm = new World();
      World killed = new World();
      Random demand = new Random(seed);
      Random fate = new Random(-seed);
      calm.first();
      killed.first();
      for (int i = 0; i < 600; i++) {
        long tokens = demand.nextLong(2 * BUSY);
        String hourly = i < 200 ? "3.60" : "9.00";
        for (World world : List.of(calm, killed)) {
          world.hourly = hourly;
          world.serve(Duration.ofMinutes(1), tokens);
        }
        // Before its replica was in a saved book nobody knows since when it is ready, and at a
        // change of price what was counted since the last save would cost what it costs now.
        if (fate.nextInt(20) == 0 && i >= 5 && (i < 190 || i > 210)) {
          killed.crash();
        }
      }
      assertThat(calm.version()).isGreaterThan(5);
      assertThat(killed.history).as("seed %d", seed).isEqualTo(calm.history);
    }
  }

  @Test
  void shouldGoOnWithItsVersionsWhereAVariantLeavesAndComesBack() {
    World world = new World();
    world.first();
    world.hourly = "14.40";
    world.serve(Duration.ofHours(3), BUSY);
    PostedPrice last = world.history.getLast();
    assertThat(last.version()).isGreaterThan(2);
    world.now = world.now.plus(Duration.ofDays(9));
    world.crash();
    world.prices.retain(_ -> true);
    assertThat(world.post(null)).as("out of the table for long").contains(last);

    world.prices.retain(_ -> false);
    world.saved = world.prices.book("team", world.now).write();
    world.crash();
    PostedPrice again = world.post(null).orElseThrow();
    assertThat(again.version()).as("out of the spec").isEqualTo(last.version() + 1);
    world.hourly = "3.60";
    PostedPrice anew = world.post("another uid", again).orElseThrow();
    assertThat(anew.version()).as("made anew").isEqualTo(last.version() + 2);
    assertThat(world.mean()).as("from its own first price").isCloseTo(2_000_000, within(1L));
  }

  @Test
  void shouldGoOnFromTheTableWhereNothingIsRememberedAndAboveEverythingWhereThatIsBroken() {
    World world = new World();
    PostedPrice table =
        new PostedPrice(
            41,
            PostedPrice.Source.Derived,
            Cpm.parse("1.00"),
            Cpm.parse("0.10"),
            Cpm.parse("4.00"));
    PostedPrice next = world.post(table).orElseThrow();
    assertThat(next.version()).isEqualTo(42);
    assertThat(next.input()).as("a fifth at most").isEqualTo(Cpm.parse("1.142857"));
    World broken = new World();
    broken.prices.lost("team", START);
    assertThat(broken.first().version()).isEqualTo(START.getEpochSecond() + 1);
  }

  @Test
  void shouldHoldADeclaredPriceAtOnceAndBeginAnewWithoutIt() {
    World world = new World();
    world.first();
    world.declared = new Variant.DeclaredPrice(Cpm.parse("9"), Cpm.parse("0.9"), Cpm.parse("90"));
    PostedPrice declared = world.post(world.posted).orElseThrow();
    assertThat(declared)
        .isEqualTo(
            new PostedPrice(
                2, PostedPrice.Source.Declared, Cpm.parse("9"), Cpm.parse("0.9"), Cpm.parse("90")));
    world.serve(Duration.ofHours(1), 0);
    int writes = world.writes;
    world.serve(Duration.ofHours(3), BUSY);
    assertThat(world.history.getLast()).isEqualTo(declared);
    assertThat(world.writes).as("nothing is counted for it").isEqualTo(writes);
    world.declared = null;
    world.serve(Duration.ofMinutes(1), BUSY);
    assertThat(world.version()).isEqualTo(3);
    assertThat(world.mean()).isCloseTo(2_000_000, within(1L));
  }

  @Test
  void shouldSplitByWhatTokensOfTheClassesWereMeasuredToCost() {
    World world = new World();
    world.first();
    world.measures =
        (_, _) ->
            Optional.of(
                new Measure(TokensPerSecond.of(1_000), new TokenWeights(1_000, 100, 9_000)));
    world.serve(Duration.ofHours(12), BUSY);
    PostedPrice price = world.history.getLast();
    assertThat(price.output().microsPerMillion())
        .isCloseTo(9 * price.input().microsPerMillion(), within(10L));
    assertThat(world.mean()).isCloseTo(2_000_000, within(30_000L));
  }

  @Test
  void shouldCountAReplicaFromItsStartAndNothingOverALongGap() {
    World world = new World();
    world.first();
    world.now = START.plus(Duration.ofMinutes(30));
    world.counters = new TokenCounters(100, 20, 30);
    world.look();
    assertThat(open(world).rateSeconds()).isEqualTo(1_800 * 3_600_000L);
    assertThat(open(world).tokens()).isEqualTo(world.counters);
    assertThat(open(world).replicaSeconds()).as("when it was ready nobody knows").isZero();
    world.now = world.now.plus(Duration.ofMinutes(61));
    world.counters = new TokenCounters(1_000, 20, 30);
    world.look();
    assertThat(open(world).tokens().input()).as("nobody looked").isEqualTo(100);
    world.now = world.now.plus(Duration.ofMinutes(1));
    world.counters = new TokenCounters(7, 0, 1);
    world.look();
    assertThat(open(world).tokens()).as("anew").isEqualTo(new TokenCounters(107, 20, 31));
    assertThat(open(world).replicaSeconds()).isEqualTo(60);
    world.prices.add(
        LARGE, replica("old", START.minusSeconds(60)), world.now, world.counters, books("3.60"));
    assertThat(open(world).tokens().input()).as("from the first look on").isEqualTo(107);
  }

  private static Posting.Stretch open(World world) {
    return remembered(world).open();
  }

  @Test
  void shouldReadWhatItWroteAndNameTheFieldThatIsBroken() {
    World world = new World();
    world.first();
    world.hourly = "14.40";
    world.serve(Duration.ofMinutes(150), BUSY);
    PostedBook book = world.prices.book("team", world.now);
    assertThat(PostedBook.read(book.write())).isEqualTo(book);
    assertThat(PostedBook.read(book.withoutReplicas().write()))
        .isEqualTo(book.withoutReplicas())
        .isNotEqualTo(book);
    var broken = Archive.book(1).put("at", START.toString()).put("floor", -1);
    assertThatThrownBy(() -> PostedBook.read(Archive.pack(broken)))
        .hasMessage("floor is -1, not zero or more");
    broken.put("floor", 1).putObject("deployments").putObject("chat").putObject("large");
    assertThatThrownBy(() -> PostedBook.read(Archive.pack(broken)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("deployments.chat.large.micros");
  }
}
