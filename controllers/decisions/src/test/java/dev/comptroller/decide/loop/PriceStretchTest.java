package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Prices are told apart where a rung may be worth changing for them, and by their mean elsewhere.
class PriceStretchTest {
  private static final Instant NOW = Instant.parse("2026-03-02T06:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(18));
  private static final Duration LEAST = Duration.ofMinutes(20);

  private static Instant at(long minute) {
    return NOW.plusSeconds(60 * minute);
  }

  private static List<PriceStretch> stretches(long... minutes) {
    return atMost(128, minutes);
  }

  private static List<PriceStretch> atMost(int most, long... minutes) {
    List<Instant> changes = LongStream.of(minutes).mapToObj(PriceStretchTest::at).toList();
    return PriceStretch.of(NOW, END, List.of(changes), LEAST, most, Set.of());
  }

  /// A stretch whose prices stay.
  private static PriceStretch whole(Instant begin, Instant end) {
    return new PriceStretch(begin, end, begin, end, false);
  }

  /// A change every seven minutes.
  private static long[] row(long first, int count) {
    return LongStream.range(0, count).map(i -> first + 7 * i).toArray();
  }

  private static long[] and(long[] some, long... more) {
    return LongStream.concat(LongStream.of(some), LongStream.of(more)).toArray();
  }

  @Test
  void shouldBeOneWherePricesStay() {
    assertThat(stretches()).containsExactly(whole(NOW, END));
  }

  @Test
  void shouldTellFewChangesApartHoweverQuickTheyAre() {
    assertThat(stretches(3, 18, 50))
        .containsExactly(
            whole(NOW, at(3)), whole(at(3), at(18)), whole(at(18), at(50)), whole(at(50), END));
    assertThat(stretches(row(3, 7))).hasSize(8).noneMatch(PriceStretch::turns);
  }

  @Test
  void shouldTellManyChangesApartWherePricesStayLongEnough() {
    long[] slow = LongStream.range(1, 40).map(i -> 20 * i).toArray();

    assertThat(stretches(slow)).hasSize(40).noneMatch(PriceStretch::turns);
  }

  @Test
  void shouldTakeARowOfQuickChangesForOneByTheMeanOfWholeTurnsAsFarAsTheyAreDeclared() {
    assertThat(stretches(row(3, 8)))
        .containsExactly(new PriceStretch(NOW, END, at(10), at(52), true));
    assertThat(stretches(row(3, 9)))
        .containsExactly(new PriceStretch(NOW, END, at(3), at(59), true));
  }

  @Test
  void shouldTellARowOfQuickChangesApartFromWhatComesBeforeAndAfterIt() {
    assertThat(stretches(and(row(60, 8), 150)))
        .containsExactly(
            whole(NOW, at(60)),
            new PriceStretch(at(60), at(109), at(60), at(109), true),
            whole(at(109), at(150)),
            whole(at(150), END));
  }

  @Test
  void shouldTellChangesWithinARowApartThatTheRungIsChangedFor() {
    List<Instant> changes = LongStream.of(row(3, 9)).mapToObj(PriceStretchTest::at).toList();
    Set<Instant> kept = Set.of(at(24), at(45), at(46));

    assertThat(PriceStretch.of(NOW, END, List.of(changes), LEAST, 128, kept))
        .containsExactly(
            new PriceStretch(NOW, at(24), NOW, at(24), true),
            new PriceStretch(at(24), at(45), at(24), at(45), true),
            new PriceStretch(at(45), END, at(45), at(59), true));
  }

  @Test
  void shouldTellPricesApartThatStayLongEnoughEachThoughTogetherTheyChangeOften() {
    List<List<Instant>> prices =
        IntStream.range(0, 9)
            .mapToObj(i -> LongStream.range(1, 9).mapToObj(j -> at(30 * j + 3L * i)).toList())
            .toList();

    assertThat(PriceStretch.of(NOW, END, prices, LEAST, 128, Set.of())).hasSize(73);
  }

  @Test
  void shouldTakeWhatComesAfterTheMostForItsLastByTheMean() {
    assertThat(atMost(3, 3, 30, 60, 90, 120, 150))
        .containsExactly(
            whole(NOW, at(3)),
            whole(at(3), at(30)),
            new PriceStretch(at(30), END, at(90), at(150), true));
  }

  @Test
  void shouldCoverTheRestOfThePeriodWithoutGapsWhateverPricesDo() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      long[] minutes = random.longs(random.nextInt(30), 1, 18 * 60).sorted().distinct().toArray();
      int most = 1 + random.nextInt(12);
      List<PriceStretch> stretches = atMost(most, minutes);

      List<Instant> borders = new ArrayList<>();
      for (PriceStretch each : stretches) {
        borders.add(each.begin());
        assertThat(each.begin()).isBefore(each.end());
        assertThat(each.from()).isBefore(each.until()).isAfterOrEqualTo(each.begin());
        assertThat(each.until()).isBeforeOrEqualTo(each.end());
      }
      List<Instant> ends = new ArrayList<>(stretches.stream().map(PriceStretch::end).toList());
      ends.addFirst(NOW);
      borders.add(END);
      assertThat(borders).isEqualTo(ends).hasSizeLessThanOrEqualTo(most + 1);
    }
  }
}
