package dev.comptroller.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TurnoverTest {
  private static final long MILLI = 1_000_000;

  @Test
  void shouldForetellNoWaitWhereAPlaceIsFreeOrTooLittleWasSeen() {
    Turnover turnover = new Turnover(2);
    for (int i = 0; i < 8; i++) {
      turnover.ended(5, 100 * MILLI * i);
    }
    assertThat(turnover.waitNanos(5)).as("seven intervals").isZero();
    turnover.ended(5, 800 * MILLI);
    assertThat(turnover.waitNanos(5)).as("eight").isEqualTo(400 * MILLI);
    assertThat(turnover.waitNanos(2)).as("the first in line").isEqualTo(100 * MILLI);
    assertThat(turnover.waitNanos(1)).as("a place is free").isZero();
  }

  @Test
  void shouldNotTakeTimeWithFreePlacesForSlowness() {
    Turnover turnover = new Turnover(2);
    long now = 0;
    for (int i = 0; i < 20; i++) {
      now += 100 * MILLI;
      turnover.ended(3, now);
    }
    turnover.ended(1, now + 100 * MILLI);
    now += 3_600_000 * MILLI;
    turnover.ended(3, now);
    assertThat(turnover.waitNanos(3)).isEqualTo(200 * MILLI);
  }

  @Test
  void shouldFollowAnotherPaceWithinAFewEnds() {
    Turnover turnover = new Turnover(1);
    long now = 0;
    for (int i = 0; i < 100; i++) {
      now += 10 * MILLI;
      turnover.ended(4, now);
    }
    for (int i = 0; i < 48; i++) {
      now += 40 * MILLI;
      turnover.ended(4, now);
    }
    assertThat((double) turnover.waitNanos(4)).isCloseTo(160 * MILLI, within(10.0 * MILLI));
  }

  @Test
  void shouldLearnThatItBecameFasterThoughItLetsNobodyWait() {
    Turnover turnover = new Turnover(2);
    long now = 0;
    for (int i = 0; i < 20; i++) {
      now += 3_000 * MILLI;
      turnover.ended(2, now);
    }
    assertThat(turnover.waitNanos(2)).isGreaterThan(2_000 * MILLI);
    for (int i = 0; i < 60; i++) {
      turnover.ended(1, now + 50 * MILLI);
      now += 60 * MILLI;
      turnover.taken(2, now);
    }
    assertThat(turnover.waitNanos(2)).isLessThan(150 * MILLI);
  }

  /// A queue in front of places that serve for random times: what was foretold is what came, in the
  /// mean of many.
  @Test
  void shouldForetellWaitsAsTheyCome() {
    int places = 8;
    Random random = new Random(7);
    Turnover turnover = new Turnover(places);
    PriorityQueue<Long> ends = new PriorityQueue<>();
    ArrayDeque<long[]> waiting = new ArrayDeque<>();
    double foretold = 0;
    double came = 0;
    int count = 0;
    long arrival = 0;
    for (int i = 0; i < 20_000; i++) {
      arrival += (long) (-Math.log(1 - random.nextDouble()) * 12 * MILLI);
      while (!ends.isEmpty() && ends.peek() <= arrival) {
        long now = ends.poll();
        turnover.ended(ends.size() + waiting.size(), now);
        if (!waiting.isEmpty()) {
          long[] next = waiting.poll();
          foretold += next[1];
          came += now - next[0];
          count++;
          ends.add(now + (50 + random.nextInt(100)) * MILLI);
        }
      }
      if (ends.size() < places) {
        ends.add(arrival + (50 + random.nextInt(100)) * MILLI);
      } else {
        waiting.add(new long[] {arrival, turnover.waitNanos(ends.size() + waiting.size())});
      }
      turnover.taken(ends.size() + waiting.size(), arrival);
    }
    assertThat(count).isGreaterThan(5_000);
    assertThat(foretold / came).isCloseTo(1, within(0.1));
  }
}
