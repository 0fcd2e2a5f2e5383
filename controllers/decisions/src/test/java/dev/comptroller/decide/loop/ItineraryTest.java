package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.loop.Itinerary.Stage;
import dev.comptroller.decide.loop.Itinerary.Stay;
import dev.comptroller.decide.loop.Itinerary.Terms;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ItineraryTest {
  private static final Instant NOW = Instant.parse("2026-03-02T06:00:00Z");
  private static final OptionalInt LOWER = OptionalInt.of(1);

  /// What to do at prices that stay for a quarter of an hour each: 1 and `dear` by turns. At their
  /// mean money is well spent for what the better rung serves more.
  private static SortedSet<Instant> quarters(double dear, Duration overlap) {
    return Itinerary.changes(
        stages(900, i -> i % 2 == 0 ? dear : 1),
        LOWER,
        new Terms(2 / (1 + dear), overlap, Duration.ofMinutes(9)));
  }

  /// Twelve stretches of so many seconds. The better rung costs twice as much as the lower one.
  private static List<Stage> stages(long seconds, IntToDoubleFunction price) {
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      double each = price.applyAsDouble(i);
      List<Stay> stays = List.of(new Stay(2, 2 * each), new Stay(1, each));
      stages.add(new Stage(NOW.plusSeconds(seconds * i), seconds, stays));
    }
    return stages;
  }

  private static Instant at(int quarter) {
    return NOW.plusSeconds(900L * quarter);
  }

  @Test
  void shouldVisitTheBetterRungWhilePricesAreLowWhereThatGainsMoreThanChangesCost() {
    assertThat(quarters(3, Duration.ofSeconds(200)))
        .containsExactly(
            at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11));
  }

  @Test
  void shouldStayWhereChangesCostMoreThanVisitsGain() {
    assertThat(quarters(2, Duration.ofSeconds(200))).isEmpty();
    assertThat(quarters(3, Duration.ofMinutes(5))).hasSizeLessThan(2);
  }

  @Test
  void shouldNotChangeForPricesThatStayShorterThanAChangeAndAStayTake() {
    List<Stage> stages = stages(300, i -> i < 6 ? 9 : 1);
    Duration overlap = Duration.ofSeconds(1);

    assertThat(Itinerary.changes(stages, LOWER, new Terms(0.2, overlap, Duration.ofMinutes(9))))
        .isEmpty();
    assertThat(Itinerary.changes(stages, LOWER, new Terms(0.2, overlap, Duration.ofMinutes(5))))
        .containsExactly(NOW.plusSeconds(1_800));
  }

  @Test
  void shouldBeAtLeastAsGoodAsEveryOtherItinerary() {
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      List<Stage> stages = new ArrayList<>();
      Instant begin = NOW;
      for (int j = 0; j < 6; j++) {
        long seconds = 60L * (1 + random.nextInt(20));
        double price = 1 + random.nextInt(5);
        List<Stay> stays =
            List.of(
                new Stay(3 + random.nextDouble(), 4 * price),
                new Stay(2 + random.nextDouble(), 2 * price),
                new Stay(1 + random.nextDouble(), price));
        stages.add(new Stage(begin, seconds, stays));
        begin = begin.plusSeconds(seconds);
      }
      Terms terms =
          new Terms(
              random.nextDouble(), Duration.ofMinutes(1), Duration.ofMinutes(random.nextInt(15)));
      Best best = new Best(stages, terms);
      best.from(1, 0, null, 0, new TreeSet<>());

      assertThat(Itinerary.changes(stages, LOWER, terms)).isEqualTo(best.changes);
    }
  }

  /// Every itinerary that there is.
  private static final class Best {
    private final List<Stage> stages;
    private final Terms terms;
    private double most = Double.NEGATIVE_INFINITY;
    private SortedSet<Instant> changes = new TreeSet<>();

    Best(List<Stage> stages, Terms terms) {
      this.stages = stages;
      this.terms = terms;
    }

    /// @param serving what served before the stage
    /// @param last the last change but for one at once, after which another may come at any time
    void from(
        int serving, int stage, @Nullable Instant last, double value, SortedSet<Instant> made) {
      if (stage == stages.size()) {
        if (value > most) {
          most = value;
          changes = new TreeSet<>(made);
        }
        return;
      }
      Stage at = stages.get(stage);
      for (int rung = 0; rung < at.stays().size(); rung++) {
        double here =
            at.seconds()
                * (at.stays().get(rung).worth() - terms.price() * at.stays().get(rung).micros());
        if (rung == serving) {
          from(rung, stage + 1, last, value + here, made);
        } else if (mayChange(stage, last)) {
          SortedSet<Instant> more = new TreeSet<>(made);
          if (stage > 0) {
            more.add(at.begin());
          }
          from(
              rung,
              stage + 1,
              stage > 0 ? at.begin() : last,
              value + here - loss(stage, serving, rung),
              more);
        }
      }
    }

    private boolean mayChange(int stage, @Nullable Instant last) {
      Instant begin = stages.get(stage).begin();
      boolean rested = last == null || !begin.isBefore(last.plus(terms.least()));
      return rested && (stage == 0 || isLong(stage - 1) || isLong(stage));
    }

    private boolean isLong(int stage) {
      return stages.get(stage).seconds() >= terms.least().toSeconds();
    }

    private double loss(int stage, int from, int to) {
      Stage at = stages.get(stage);
      Stage before = stages.get(Math.max(0, stage - 1));
      int lower = Math.max(from, to);
      double beside = Math.min(before.stays().get(lower).micros(), at.stays().get(lower).micros());
      double later = Math.max(0, at.stays().get(to).worth() - at.stays().get(from).worth());
      return 60.0 * (terms.price() * beside + (to < from ? later : 0));
    }
  }
}
