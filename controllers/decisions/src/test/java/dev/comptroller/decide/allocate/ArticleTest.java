package dev.comptroller.decide.allocate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The worked example: a 70B model at 19 $/h and 2,800 tokens a second a pod, 500 million tokens a
/// day, and what the levers of a budget save of its bill.
class ArticleTest {
  private static final Duration MONTH = Duration.ofDays(30);
  private static final List<String> ORDER = List.of("smaller variant", "output caps", "batch");
  private static final BigDecimal TOKENS = BigDecimal.valueOf(500_000_000);

  /// Pods that the day needs: exactly, flat over its seconds.
  private static BigDecimal pods(Set<String> levers, BigDecimal share) {
    BigDecimal tokens = TOKENS.multiply(share);
    if (levers.contains("output caps")) {
      // A fifth of all tokens is the tail of answers that a cap cuts off.
      tokens = tokens.multiply(new BigDecimal("0.80"));
    }
    return tokens.divide(BigDecimal.valueOf(2_800L * 86_400), 9, RoundingMode.UP);
  }

  /// The month. A smaller variant answers 60 % of the tokens at 7,000 a second and 4.75 $/h; batch
  /// moves 30 % of the tokens into idle time at half the tariff.
  private static Money bill(Set<String> levers, boolean whole) {
    boolean smaller = levers.contains("smaller variant");
    BigDecimal large = pods(levers, smaller ? new BigDecimal("0.40") : BigDecimal.ONE);
    BigDecimal small =
        smaller
            ? pods(levers, new BigDecimal("0.60")).multiply(new BigDecimal("0.4"))
            : BigDecimal.ZERO;
    BigDecimal factor = levers.contains("batch") ? new BigDecimal("0.85") : BigDecimal.ONE;
    return cost("19.00", large.multiply(factor), whole)
        .plus(cost("4.75", small.multiply(factor), whole));
  }

  private static Money cost(String hourly, BigDecimal pods, boolean whole) {
    BigDecimal running = whole ? pods.setScale(0, RoundingMode.CEILING) : pods;
    Money each = HourlyRate.parse(hourly).over(MONTH);
    return new Money(
        running
            .multiply(BigDecimal.valueOf(each.micros()))
            .setScale(0, RoundingMode.HALF_UP)
            .longValueExact());
  }

  @Test
  void shouldBillFractionalAndWholePods() {
    assertThat(pods(Set.of(), BigDecimal.ONE))
        .isBetween(new BigDecimal("2.06"), new BigDecimal("2.07"));
    // 2.067 pods * 19 $/h * 720 h, and three of them.
    assertThat(bill(Set.of(), false).print(0)).isEqualTo("28274");
    assertThat(bill(Set.of(), true)).isEqualTo(Money.parse("41040"));
  }

  @Test
  void shouldTellWhatEachLeverSavesSummingToTheMicroDollar() {
    for (boolean whole : new boolean[] {false, true}) {
      Levers levers = Levers.of(ORDER, pulled -> bill(pulled, whole));
      Money saved = levers.before().minus(levers.after());
      assertThat(levers.before()).isEqualTo(bill(Set.of(), whole));
      assertThat(levers.after()).isEqualTo(bill(Set.copyOf(ORDER), whole));
      assertThat(sum(levers, true)).isEqualTo(saved);
      assertThat(sum(levers, false)).isEqualTo(saved);
      assertThat(levers.levers()).extracting(Levers.Lever::name).containsExactlyElementsOf(ORDER);
      assertThat(levers.levers().getFirst().inOrder().micros()).isPositive();
    }
  }

  @Test
  void shouldShareAlikeWhatOnlyBothLeversTogetherSave() {
    Levers levers =
        Levers.of(
            List.of("a", "b", "c"),
            pulled -> new Money(pulled.containsAll(Set.of("a", "b")) ? 3 : 10));
    assertThat(levers.levers())
        .extracting(lever -> lever.inOrder().micros())
        .containsExactly(0L, 7L, 0L);
    assertThat(levers.levers())
        .extracting(lever -> lever.shapley().micros())
        .containsExactly(4L, 3L, 0L);
    Levers dearer = Levers.of(List.of("a"), pulled -> new Money(pulled.isEmpty() ? 1 : 5));
    assertThat(dearer.levers().getFirst().shapley()).isEqualTo(new Money(-4));
  }

  private static Money sum(Levers levers, boolean shapley) {
    return levers.levers().stream()
        .map(lever -> shapley ? lever.shapley() : lever.inOrder())
        .reduce(Money.ZERO, Money::plus);
  }
}
