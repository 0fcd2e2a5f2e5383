package dev.comptroller.e2e.simulator.holds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HoldsTest {
  @Test
  void shouldStrandLittleMoneyAndCutFewAnswersWithSlicedHolds() {
    Stranding.Result result =
        Stranding.run(
            Stranding.synthetic(1, 20_000), Stranding.price(3), false, Stranding.LIMIT_PERCENT);
    assertThat(result.ratio()).isBetween(1.0, 1.10);
    assertThat(result.missedShare()).isLessThanOrEqualTo(0.001);
    assertThat(result.extensions()).isLessThan(8);
    assertThat(result.used()).isBetween(0.999, 1.0);
  }

  @Test
  void shouldShowWhatFullHoldsStrand() {
    Stranding.Result result =
        Stranding.run(
            Stranding.synthetic(1, 2_000), Stranding.price(3), true, Stranding.LIMIT_PERCENT);
    assertThat(result.ratio()).isGreaterThan(5);
    assertThat(result.extensions()).isZero();
    assertThat(result.cut()).isZero();
  }

  @Test
  void shouldNeverOvershootALimitHoweverRequestsRaceAndTheGatewayDies() {
    Overshoot.Result result = Overshoot.run(1, Long.getLong("overshoot.trials", 3_000));
    assertThat(result.deaths()).isPositive();
    assertThat(result.operations()).isGreaterThan(10 * result.trials());
  }
}
