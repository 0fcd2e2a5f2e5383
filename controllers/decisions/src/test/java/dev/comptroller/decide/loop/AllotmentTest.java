package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.Money;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What others may charge: bounded, in slices, never taken back.
class AllotmentTest {
  private static final Window DAY =
      new Calendar(Period.Day, ZoneOffset.UTC).containing(Instant.parse("2026-03-02T10:00:00Z"));

  @Test
  void shouldAllotNothingWhereNobodyLetsTheNamespaceIn() {
    Allotment none = next(null, "1.50", "90", false);
    assertThat(none.limit()).isEqualTo(Money.parse("1.50"));
  }

  @Test
  void shouldBeginWithASmallPartAndDoubleItWheneverHalfOfItIsUsed() {
    Allotment first = next(null, "0", "256", true);
    assertThat(first.limit()).isEqualTo(Money.parse("1"));
    assertThat(next(first, "0.49", "255.51", true)).isEqualTo(first);
    Allotment second = next(first, "0.50", "255.50", true);
    assertThat(second.limit()).isEqualTo(Money.parse("2.50"));
    Allotment third = next(second, "1.50", "254.50", true);
    assertThat(third.limit()).isEqualTo(Money.parse("5.50"));
  }

  @Test
  void shouldSetNoMoreAsideThanASixteenthOfWhatIsLeftOrAQuarterWhereNothingElseTakesTheMoney() {
    Allotment used = new Allotment(DAY.start(), Money.parse("50"), Money.parse("10"));
    assertThat(next(used, "45", "32", true).limit()).isEqualTo(Money.parse("50"));
    assertThat(next(used, "49", "32", true).limit()).isEqualTo(Money.parse("51"));
    assertThat(Allotment.next(used, DAY, Money.parse("49"), Money.parse("32"), true, true).limit())
        .isEqualTo(Money.parse("57"));
  }

  @Test
  void shouldBeginAnewWithThePeriod() {
    Allotment before =
        new Allotment(DAY.start().minusSeconds(86_400), Money.parse("90"), Money.parse("80"));
    assertThat(next(before, "0", "256", true).limit()).isEqualTo(Money.parse("1"));
  }

  @Test
  void shouldNeverBeLoweredNorAllotMoreThanIsLeftWhateverIsCharged() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      long amount = 1 + random.nextLong(1_000_000_000L);
      long own = random.nextLong(amount);
      @Nullable Allotment allotment = null;
      long charges = 0;
      for (int look = 0; look < 60; look++) {
        Money limit = allotment == null ? Money.ZERO : allotment.limit();
        Allotment next =
            Allotment.next(
                allotment,
                DAY,
                new Money(charges),
                new Money(amount - own - charges),
                random.nextInt(10) > 0,
                random.nextBoolean());
        assertThat(next.limit()).isGreaterThanOrEqualTo(limit);
        assertThat(next.limit().micros()).as("seed %d", seed).isLessThanOrEqualTo(amount - own);
        allotment = next;
        // Holds come back as well.
        long room = next.limit().micros();
        charges =
            random.nextInt(4) > 0 ? charges + random.nextLong(room - charges + 1) : charges / 2;
      }
    }
  }

  private static Allotment next(
      @Nullable Allotment before, String charges, String left, boolean payable) {
    return Allotment.next(before, DAY, Money.parse(charges), Money.parse(left), payable, false);
  }
}
