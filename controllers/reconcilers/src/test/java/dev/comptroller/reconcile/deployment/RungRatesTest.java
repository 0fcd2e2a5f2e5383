package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.capacity.Sizing.Binding;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RungRatesTest {
  private static final List<Variant> LADDER =
      List.of(variant("large", 400), variant("middle", 500), variant("small", 2_000));

  private static Variant variant(String name, long declared) {
    return new Variant(
        name, "pool", 1, BigDecimal.ONE, 0, "F16", 8, TokensPerSecond.of(declared), null, 60);
  }

  private static SafeRate rate(double tokens) {
    return new SafeRate(1, tokens, 0.1, 0.01, 3, Binding.Throughput, 0.05, 8, 2 * tokens, 0.5);
  }

  @Test
  void shouldLeaveDeclaredSpeedsAloneWhereNothingWasMeasured() {
    RungRates none = RungRates.of(LADDER, Map.of(), Map.of());
    assertThat(none.of("large")).isEmpty();
    assertThat(none.of("small")).isEmpty();
  }

  @Test
  void shouldTakeARungThatWasNotMeasuredToBeAsFarOffAsTheNearestThatWas() {
    RungRates one = RungRates.of(LADDER, Map.of(), Map.of("large", rate(100)));
    assertThat(one.of("large")).contains(TokensPerSecond.of(100));
    assertThat(one.of("middle")).contains(TokensPerSecond.of(125));
    assertThat(one.of("small")).contains(TokensPerSecond.of(500));
    RungRates two =
        RungRates.of(LADDER, Map.of(), Map.of("large", rate(100), "small", rate(3_000)));
    assertThat(two.of("small")).contains(TokensPerSecond.of(3_000));
  }

  @Test
  void shouldNotTakeARungThatCannotKeepThePromiseForOneWithoutSpeed() {
    SafeRate impossible = new SafeRate(0, 0, 2, 1, 0, Binding.Impossible, 0, 0, 0, 0.5);
    assertThat(RungRates.of(LADDER, Map.of(), Map.of("large", impossible)).of("large")).isEmpty();
  }
}
