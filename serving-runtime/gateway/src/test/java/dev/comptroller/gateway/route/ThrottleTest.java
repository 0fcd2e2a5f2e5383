package dev.comptroller.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.route.Throttle.Verdict;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ThrottleTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void shouldAdmitNoMoreThanTheRateAndOneBucketOverAnyTime() {
    Throttle throttle = new Throttle();
    SplittableRandom random = new SplittableRandom(7);
    long taken = 0;
    long now = 0;
    for (int i = 0; i < 20_000; i++) {
      now += random.nextLong(SECOND / 10);
      long tokens = 1 + random.nextLong(400);
      if (throttle.ask("a", 6_000, 0, 1, tokens, now) instanceof Verdict.Taken) {
        taken += tokens;
      }
      assertThat(taken).isLessThanOrEqualTo(1_000 + now * 100 / SECOND + 1);
    }
    assertThat((double) taken).isGreaterThan(0.98 * now * 100 / SECOND);
  }

  @Test
  void shouldServeTheHigherPriorityFirstWhenTokensAreShort() {
    Throttle throttle = new Throttle();
    long high = 0;
    long low = 0;
    for (long now = 0; now < 600 * SECOND; now += SECOND / 10) {
      // Each alone would use the whole rate.
      low += taken(throttle.ask("a", 6_000, 1, 2, 10, now));
      high += taken(throttle.ask("a", 6_000, 0, 2, 10, now));
    }
    assertThat(high).isEqualTo(6_000);
    assertThat(low).isLessThanOrEqualTo(50);
  }

  private static long taken(Verdict verdict) {
    return verdict instanceof Verdict.Taken ? 1 : 0;
  }

  @Test
  void shouldAdmitAgainAfterTheTimeThatItNamed() {
    Throttle throttle = new Throttle();
    assertThat(throttle.ask("a", 600, 0, 1, 100, 0)).isInstanceOf(Verdict.Taken.class);
    Verdict wait = throttle.ask("a", 600, 0, 1, 50, 0);
    assertThat(wait).isEqualTo(new Verdict.Wait(5));
    assertThat(throttle.ask("a", 600, 0, 1, 50, 4 * SECOND)).isInstanceOf(Verdict.Wait.class);
    assertThat(throttle.ask("a", 600, 0, 1, 50, 5 * SECOND)).isInstanceOf(Verdict.Taken.class);
  }

  @Test
  void shouldTakeWhatWasUsedAndNotWhatWasGuessed() {
    Throttle throttle = new Throttle();
    assertThat(throttle.ask("a", 600, 0, 1, 100, 0)).isInstanceOf(Verdict.Taken.class);
    throttle.correct("a", -60);
    assertThat(throttle.ask("a", 600, 0, 1, 60, 0)).isInstanceOf(Verdict.Taken.class);
    throttle.correct("a", 100);
    assertThat(throttle.ask("a", 600, 0, 1, 1, 0)).isEqualTo(new Verdict.Wait(11));
    assertThat(throttle.ask("b", 600, 0, 1, 1, 0)).isInstanceOf(Verdict.Taken.class);
  }

  @Test
  void shouldAdmitARequestLargerThanTheBucketWhenItIsFullAndOweTheRest() {
    Throttle throttle = new Throttle();
    assertThat(throttle.ask("a", 600, 0, 1, 1_000, 0)).isInstanceOf(Verdict.Taken.class);
    assertThat(throttle.ask("a", 600, 0, 1, 100, 99 * SECOND)).isEqualTo(new Verdict.Wait(1));
    assertThat(throttle.ask("a", 600, 0, 1, 100, 100 * SECOND)).isInstanceOf(Verdict.Taken.class);
  }
}
