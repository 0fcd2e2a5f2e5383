package dev.comptroller.gateway.queue.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class BlameTest {
  private static final double HOUR = 3_600;

  @Test
  void shouldBlameAnItemAfterThreeDeathsWhereReplicasHardlyDie() {
    assertThat(Blame.isToBlame(2, 0, HOUR, 10)).isFalse();
    assertThat(Blame.isToBlame(3, 0, HOUR, 10)).isTrue();
    assertThat(Blame.isToBlame(3, 1, 4 * HOUR, 60)).isTrue();
    assertThat(Blame.isToBlame(3, 0, 5, 1)).as("a gateway that has just begun").isTrue();
  }

  @Test
  void shouldAskForMoreWhereReplicasOftenDieButEndSometime() {
    assertThat(Blame.isToBlame(3, 60, 2_000, 6)).isFalse();
    assertThat(Blame.isToBlame(6, 60, 2_000, 6)).isFalse();
    assertThat(Blame.isToBlame(7, 60, 2_000, 6)).isTrue();
    assertThat(Blame.isToBlame(7, 1_000, 2_000, 60)).isFalse();
    assertThat(Blame.isToBlame(Blame.MOST, 1_000, 2_000, 60)).isTrue();
  }

  @Test
  void shouldNotBlameInnocentItemsOfAMillionThoughReplicasDieEveryHalfMinute() {
    Random random = new Random(7);
    int blamed = 0;
    for (int item = 0; item < 1_000_000; item++) {
      int met = 0;
      boolean runs = true;
      while (runs) {
        runs = random.nextDouble() < 1 - Math.exp(-6 / 30.0);
        met += runs ? 1 : 0;
        if (Blame.isToBlame(met, 60, 1_800, 6)) {
          blamed++;
          runs = false;
        }
      }
    }
    assertThat(blamed).isLessThan(20);
  }
}
