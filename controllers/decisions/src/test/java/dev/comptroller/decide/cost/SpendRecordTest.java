package dev.comptroller.decide.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpendRecordTest {
  private static final Instant DAY = Instant.parse("2026-03-01T00:00:00Z");
  private static final Instant NOON = DAY.plus(Duration.ofHours(12));

  private static PriceBooks books(String price) {
    return PriceBooks.of(
        Map.of(
            "h100",
            new PriceBook(
                8, List.of(Price.always(CapacityType.OnDemand, HourlyRate.parse(price))))));
  }

  private static ReplicaInterval ran(String uid, int gpus, Instant start, Instant end) {
    return new ReplicaInterval(
        uid, "h100", CapacityType.OnDemand, gpus, start, new ReplicaInterval.Known(end));
  }

  @Test
  void shouldChargeAShareOfTheNodeForAShareOfTheHour() {
    SpendRecord record =
        SpendRecord.EMPTY.record(ran("a", 2, DAY, DAY.plusSeconds(1800)), books("98.32"));
    Spend spend = record.spentBetween(DAY, NOON, List.of(), books("98.32"), NOON);
    assertThat(spend).isEqualTo(new Spend(Money.parse("12.29"), false));
    assertThat(record.lines().getFirst().runs())
        .containsExactly(new SpendRecord.Run(DAY.getEpochSecond() / 900, 2, 1800));
  }

  @Test
  void shouldKeepAMonthOfOneReplicaInOneRun() {
    SpendRecord record =
        SpendRecord.EMPTY.record(ran("a", 8, DAY, DAY.plus(Duration.ofDays(31))), books("98.32"));
    assertThat(record.lines()).hasSize(1);
    assertThat(record.lines().getFirst().runs())
        .containsExactly(new SpendRecord.Run(DAY.getEpochSecond() / 900, 31 * 96, 7200));
  }

  @Test
  void shouldCountAPodOnceHoweverOftenItIsRecorded() {
    ReplicaInterval interval = ran("a", 8, DAY, DAY.plusSeconds(3600));
    SpendRecord once = SpendRecord.EMPTY.record(interval, books("10"));
    assertThat(once.record(interval, books("10"))).isEqualTo(once);
    assertThat(once.isRecorded("a")).isTrue();
    assertThat(once.spentBetween(DAY, NOON, List.of(interval), books("10"), NOON).money())
        .isEqualTo(Money.parse("10"));
    SpendRecord forgotten = once.forget("a");
    assertThat(forgotten.uids()).isEmpty();
    assertThat(forgotten.lines()).isEqualTo(once.lines());
  }

  @Test
  void shouldRefuseAnIntervalThatHasNotEnded() {
    ReplicaInterval running =
        new ReplicaInterval(
            "a", "h100", CapacityType.OnDemand, 1, DAY, new ReplicaInterval.Running());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SpendRecord.EMPTY.record(running, books("1")))
        .withMessageContaining("a has not ended");
  }

  @Test
  void shouldRefuseToCutAQuarterHour() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                SpendRecord.EMPTY.spentBetween(
                    DAY.plusSeconds(1), NOON, List.of(), books("1"), NOON))
        .withMessageContaining("2026-03-01T00:00:01Z is not on a UTC quarter hour");
  }

  @Test
  void shouldChargeAnUnknownCapacityTypeAtTheHighestPriceInForceAndSaySo() {
    PriceBook book =
        new PriceBook(
            8,
            List.of(
                Price.always(CapacityType.Spot, HourlyRate.parse("40")),
                new Price(CapacityType.OnDemand, HourlyRate.parse("98"), null, NOON),
                new Price(CapacityType.OnDemand, HourlyRate.parse("120"), NOON, null)));
    PriceBooks books = PriceBooks.of(Map.of("h100", book));
    ReplicaInterval unknown =
        new ReplicaInterval(
            "a",
            "h100",
            CapacityType.Unknown,
            8,
            NOON.minusSeconds(3600),
            new ReplicaInterval.UpperBound(NOON.plusSeconds(3600)));
    SpendRecord record = SpendRecord.EMPTY.record(unknown, books);
    Instant end = DAY.plus(Duration.ofDays(1));
    assertThat(record.spentBetween(DAY, end, List.of(), books, end))
        .isEqualTo(new Spend(Money.parse("218"), true));
  }

  @Test
  void shouldChargeAReplicaOfALostPoolAtTheDearestGpu() {
    PriceBooks books =
        PriceBooks.of(
            Map.of(
                "a", new PriceBook(8, List.of(Price.always(CapacityType.Spot, new HourlyRate(80)))),
                "b",
                    new PriceBook(
                        1, List.of(Price.always(CapacityType.Spot, new HourlyRate(11))))));
    assertThat(books.quote("gone", CapacityType.Spot, DAY))
        .isEqualTo(new Quote(new HourlyRate(11), 1, true));
  }

  @Test
  void shouldPruneWhatNoPeriodCanReachAnyMore() {
    Instant now = DAY.plus(Duration.ofDays(62)).plusSeconds(900);
    SpendRecord record =
        SpendRecord.EMPTY.record(ran("a", 1, DAY, DAY.plusSeconds(1800)), books("10"));
    SpendRecord pruned = record.pruned(now);
    assertThat(pruned.lines().getFirst().runs())
        .containsExactly(new SpendRecord.Run(DAY.getEpochSecond() / 900 + 1, 1, 900));
    assertThat(pruned.pruned(now.plusSeconds(900)).lines()).isEmpty();
    assertThat(pruned.uids()).containsExactly("a");
  }

  /// A replica's fate as drawn: seconds from [#DAY]; without an end it still runs.
  record Fate(int pool, CapacityType type, int gpus, int start, int length, boolean running) {
    ReplicaInterval interval(int index, Instant now) {
      Instant begin = DAY.plusSeconds(start);
      Instant finish = begin.plusSeconds(length);
      boolean open = running || finish.isAfter(now);
      return new ReplicaInterval(
          "pod-" + index,
          pool == 0 ? "h100" : "l4",
          type,
          gpus,
          begin,
          open ? new ReplicaInterval.Running() : new ReplicaInterval.Known(finish));
    }
  }

  @Provide
  Arbitrary<List<Fate>> fates() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1),
            Arbitraries.of(CapacityType.class),
            Arbitraries.integers().between(0, 8),
            Arbitraries.integers().between(0, 20_000),
            Arbitraries.integers().between(0, 8_000),
            Arbitraries.of(true, false, false, false))
        .as(Fate::new)
        .list()
        .ofMaxSize(6);
  }

  @Provide
  Arbitrary<PriceBooks> priceBooks() {
    Arbitrary<@Nullable Instant> dates =
        Arbitraries.integers().between(0, 24_000).map(DAY::plusSeconds).injectNull(0.4);
    Arbitrary<Price> prices =
        Combinators.combine(
                Arbitraries.of(CapacityType.OnDemand, CapacityType.Spot, CapacityType.Reserved),
                Arbitraries.longs().between(0, 200_000_000),
                dates,
                dates)
            .as(
                (type, micros, from, until) ->
                    new Price(type, new HourlyRate(micros), from, until));
    Arbitrary<PriceBook> books =
        Combinators.combine(Arbitraries.of(1, 3, 7, 8), prices.list().ofMinSize(1).ofMaxSize(4))
            .as(PriceBook::new);
    return Combinators.combine(books, books)
        .as((h100, l4) -> PriceBooks.of(Map.of("h100", h100, "l4", l4)));
  }

  @Property(tries = 300)
  void shouldEqualAnIndependentBillInWhateverOrderItIsRecorded(
      @ForAll("fates") List<Fate> fates,
      @ForAll("priceBooks") PriceBooks books,
      @ForAll long seed) {
    Random random = new Random(seed);
    Instant now = DAY.plusSeconds(16_000);
    List<ReplicaInterval> intervals = new ArrayList<>();
    for (int i = 0; i < fates.size(); i++) {
      intervals.add(fates.get(i).interval(i, now));
    }
    Instant from = DAY.plusSeconds(900L * random.nextInt(8));
    Instant to = from.plusSeconds(900L * (1 + random.nextInt(16)));

    SpendRecord record = SpendRecord.EMPTY;
    List<ReplicaInterval> live = new ArrayList<>(intervals);
    Collections.shuffle(live, random);
    for (ReplicaInterval interval : List.copyOf(live)) {
      if (interval.isClosed() && random.nextBoolean()) {
        record = record.record(interval, books);
        if (random.nextBoolean()) {
          record = reread(record).record(interval, books);
        }
        if (random.nextBoolean()) {
          record = record.forget(interval.uid());
          live.remove(interval);
        }
      }
    }
    Spend spend = reread(record).spentBetween(from, to, live, books, now);
    assertThat(spend.money().micros()).isEqualTo(Oracle.micros(intervals, books, from, to, now));
    assertThat(Metering.cost(intervals, books, from, to, now)).isEqualTo(spend);
  }

  @Property(tries = 200)
  void shouldNotDependOnHowAnIntervalWasSplit(
      @ForAll("fates") List<Fate> fates,
      @ForAll("priceBooks") PriceBooks books,
      @ForAll long seed) {
    Random random = new Random(seed);
    SpendRecord whole = SpendRecord.EMPTY;
    SpendRecord split = SpendRecord.EMPTY;
    Instant end = DAY.plus(Duration.ofDays(1));
    for (int i = 0; i < fates.size(); i++) {
      ReplicaInterval interval = fates.get(i).interval(i, Instant.MAX);
      if (!interval.isClosed()) {
        continue;
      }
      whole = whole.record(interval, books).forget(interval.uid());
      Instant cursor = interval.start();
      Instant finish = interval.endAt(end);
      while (cursor.isBefore(finish)) {
        Instant next = cursor.plusSeconds(1 + random.nextInt(3_000));
        Instant stop = next.isBefore(finish) ? next : finish;
        ReplicaInterval part =
            new ReplicaInterval(
                interval.uid(),
                interval.pool(),
                interval.type(),
                interval.gpus(),
                cursor,
                new ReplicaInterval.Known(stop));
        split = split.record(part, books).forget(interval.uid());
        cursor = stop;
      }
    }
    assertThat(split).isEqualTo(whole);
  }

  /// What a restart does: the record goes through its written form.
  private static SpendRecord reread(SpendRecord record) {
    List<SpendRecord.Line> lines = new ArrayList<>(record.lines());
    Collections.reverse(lines);
    return new SpendRecord(lines, record.uids());
  }
}
