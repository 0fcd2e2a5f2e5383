package dev.comptroller.reconcile.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FundedUntilTest {
  private static final Instant T0 = Instant.parse("2026-03-01T00:00:00Z");

  @Test
  void shouldNeverBeLaterThanTheTruthNorMuchEarlier() {
    Random random = new Random(7);
    Instant published = null;
    Instant truth = T0.plusSeconds(3600);
    for (int i = 0; i < 20_000; i++) {
      Instant now = T0.plusSeconds(i);
      truth = truth.plusSeconds(random.nextInt(401) - 200);
      published = FundedUntil.next(published, truth, now);
      Instant shown = Objects.requireNonNull(published);
      assertThat(shown).isBeforeOrEqualTo(truth);
      Duration ahead = Duration.between(now, truth);
      if (ahead.isPositive()) {
        assertThat(Duration.between(shown, truth).toMillis())
            .isLessThanOrEqualTo(ahead.toMillis() * 3 / 64 + 1000);
      }
    }
  }

  @Test
  void shouldStayWhileTheTruthOnlyTrembles() {
    Random random = new Random(8);
    Instant truth = T0.plusSeconds(3600);
    @Nullable Instant first = FundedUntil.next(null, truth, T0);
    @Nullable Instant published = first;
    for (int i = 0; i < 60; i++) {
      published =
          FundedUntil.next(
              published, truth.plusSeconds(random.nextInt(41) - 20), T0.plusSeconds(i));
      assertThat(published).isEqualTo(first);
    }
  }

  @Test
  void shouldSayNothingWhereNothingEnds() {
    assertThat(FundedUntil.next(T0, null, T0)).isNull();
    assertThat(FundedUntil.next(null, T0.minusSeconds(5), T0)).isEqualTo(T0.minusSeconds(5));
  }
}
