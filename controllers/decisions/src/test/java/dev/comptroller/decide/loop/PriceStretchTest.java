package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
    return PriceStretch.of(NOW, END, List.of(changes), LEAST, most);
  }

  /// A stretch whose prices stay.
  private static PriceStretch whole(Instant begin, Instant end) {
    return new PriceStretch(begin, end, begin, end, false);
  }

  @Test
  void shouldBeOneWherePricesStay() {
    assertThat(stretches()).containsExactly(whole(NOW, END));
  }

  @Test
  void shouldTellPricesApartThatStayLongEnough() {
    assertThat(stretches(5, 25, 50))
        .containsExactly(
            whole(NOW, at(5)), whole(at(5), at(25)), whole(at(25), at(50)), whole(at(50), END));
  }

  @Test
  void shouldTakeTheOnlyChangeForOneThatStays() {
    assertThat(stretches(3)).containsExactly(whole(NOW, at(3)), whole(at(3), END));
  }

  @Test
  void shouldTakePricesThatComeBackSoonForOneByTheMeanOfWholeTurnsAsFarAsTheyAreDeclared() {
    assertThat(stretches(3, 10, 17))
        .containsExactly(new PriceStretch(NOW, END, at(3), at(17), true));
    assertThat(stretches(3, 10, 17, 24))
        .containsExactly(new PriceStretch(NOW, END, at(10), at(24), true));
    assertThat(stretches(3, 10)).containsExactly(new PriceStretch(NOW, END, NOW, at(10), true));
  }

  @Test
  void shouldTellQuickPricesApartFromThoseBeforeAndAfterThem() {
    assertThat(stretches(60, 65, 70, 75, 120, 150))
        .containsExactly(
            whole(NOW, at(60)),
            new PriceStretch(at(60), at(75), at(60), at(75), true),
            whole(at(75), at(120)),
            whole(at(120), at(150)),
            whole(at(150), END));
  }

  @Test
  void shouldTellPricesApartThatStayLongEnoughEachThoughOneOfThemChangesOften() {
    List<List<Instant>> prices =
        List.of(List.of(at(30), at(60)), List.of(at(40), at(70)), List.of(at(35), at(75)));

    assertThat(PriceStretch.of(NOW, END, prices, LEAST, 128).stream().map(PriceStretch::end))
        .containsExactly(at(30), at(35), at(40), at(60), at(70), at(75), END);
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
