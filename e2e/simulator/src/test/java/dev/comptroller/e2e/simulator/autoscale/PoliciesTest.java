package dev.comptroller.e2e.simulator.autoscale;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Each policy in cases small enough to compute by hand.
class PoliciesTest {
  @Test
  void shouldScaleAnHpaByTheRatioOfTheMeanToTheTarget() {
    // Mean 10 of a target of 5: twice as many.
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 0, 8, 12))).isEqualTo(4);
    // Mean 5.4: within 10 %.
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 0, 5, 5, 5, 6, 6))).isEqualTo(5);
    // Mean 5.6: ceil(5 * 1.12).
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 0, 5, 5, 6, 6, 6))).isEqualTo(6);
  }

  @Test
  void shouldLetAnHpaAtMostDoubleOrAddFour() {
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 0, 250))).isEqualTo(5);
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 0, 99, 99, 99, 99, 99, 99))).isEqualTo(12);
  }

  @Test
  void shouldCountPodsThatStartAsIdleForAnHpaThatWantsMore() {
    // 2 pods at 10 of 5 and 2 that start: 20 / 5 / 4 is in balance.
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 2, 10, 10))).isEqualTo(4);
    // 30 / 5 / 4 = 1.5 times four.
    assertThat(Hpa.onQueue(5).replicas(Scenes.waiting(0, 2, 15, 15))).isEqualTo(6);
  }

  @Test
  void shouldLetAnHpaGoDownToTheHighestOfFiveMinutes() {
    Hpa hpa = Hpa.onQueue(5);
    assertThat(hpa.replicas(Scenes.waiting(0, 0, 5, 5, 5, 5))).isEqualTo(4);
    assertThat(hpa.replicas(Scenes.waiting(15, 0, 2, 2, 3, 3))).isEqualTo(4);
    assertThat(hpa.replicas(Scenes.waiting(285, 0, 1, 1, 1, 1))).isEqualTo(4);
    // The answer 4 is five minutes old; the next highest is ceil(4 * 0.5).
    assertThat(hpa.replicas(Scenes.waiting(300, 0, 1, 1, 1, 1))).isEqualTo(2);
  }

  @Test
  void shouldScaleAnHpaOnConcurrencyByWhatRuns() {
    View view = Scenes.view(0, 0, new int[2], new int[] {60, 60}, new double[2]);

    assertThat(Hpa.onConcurrency(40).replicas(view)).isEqualTo(3);
  }

  @Test
  void shouldDivideKedasSumByTheThresholdAtEveryPoll() {
    Keda keda = new Keda(5);
    assertThat(keda.replicas(Scenes.waiting(0, 0, 6, 7))).isEqualTo(3);
    // Not polled yet.
    assertThat(keda.replicas(Scenes.waiting(15, 0, 20, 20, 20))).isEqualTo(3);
    assertThat(keda.replicas(Scenes.waiting(30, 0, 7, 7, 7))).isEqualTo(5);
  }

  @Test
  void shouldAddAReplicaToASaturatedFleetOnlyIfNonePends() {
    double[] kv = {0.2, 0.2};
    // Spare queue (5 - 2.5) is under 3.
    assertThat(new Saturation().replicas(Scenes.view(0, 0, new int[] {2, 3}, new int[2], kv)))
        .isEqualTo(3);
    assertThat(new Saturation().replicas(Scenes.view(0, 2, new int[] {2, 3}, new int[2], kv)))
        .isEqualTo(4);
    // Spare cache (0.8 - 0.75) is under 0.1.
    assertThat(
            new Saturation()
                .replicas(Scenes.view(0, 0, new int[2], new int[2], new double[] {.75, .75})))
        .isEqualTo(3);
    // All saturated.
    assertThat(new Saturation().replicas(Scenes.waiting(0, 0, 9, 9))).isEqualTo(3);
  }

  @Test
  void shouldTakeAReplicaAwayIfTheOthersKeepSpare() {
    assertThat(
            new Saturation()
                .replicas(Scenes.view(0, 0, new int[3], new int[3], new double[] {.4, .4, .4})))
        .isEqualTo(2);
    // 1.5 over two is 0.75: spare 0.05.
    assertThat(
            new Saturation()
                .replicas(Scenes.view(0, 0, new int[3], new int[3], new double[] {.5, .5, .5})))
        .isEqualTo(3);
  }

  @Test
  void shouldServeAQuarterMoreThanCameInTheLastMinute() {
    View view = Scenes.waiting(60, 0, 0, 0);
    for (int i = 0; i < 4; i++) {
      view.history().add(15 * 30);
    }
    // 30 * 1.25 / 13.27 = 2.83.
    assertThat(new Reactive().replicas(view)).isEqualTo(3);
  }

  @Test
  void shouldAskForWhatAPlanNeedsAsEarlyAsItStarts() {
    Planned plan = new Planned(1, 1, 1, 1, 3, 1);
    assertThat(plan.replicas(Scenes.waiting(45, 0, 0))).isEqualTo(1);
    assertThat(plan.replicas(Scenes.waiting(60, 0, 0))).isEqualTo(3);
    assertThat(plan.replicas(Scenes.waiting(299, 0, 0))).isEqualTo(3);
    assertThat(plan.replicas(Scenes.waiting(300, 0, 0))).isEqualTo(1);
  }

  @Test
  void shouldForecastWhatGrowsUntilAReplicaWouldServe() {
    Forecasting flat = new Forecasting(new Forecasting.Settings(0, 0, 64, 1, 300));
    Forecasting grows = new Forecasting(new Forecasting.Settings(0, 0, 64, 1, 300));
    View steady = Scenes.waiting(300, 0, 0);
    View rising = Scenes.waiting(300, 0, 0);
    for (int i = 0; i < 16; i++) {
      steady.history().add(15 * 26);
      rising.history().add(15 * (11 + i));
    }
    // 26 / 13.27 = 1.96.
    assertThat(flat.replicas(steady)).isEqualTo(2);
    // 24.5 now, 12.5 three minutes ago: 24.5 + 195 / 15 = 37.5 in 195 s.
    assertThat(grows.replicas(rising)).isEqualTo(3);
  }

  @Test
  void shouldForecastReplicasForABacklogOnlyToKeepItsWindow() {
    Forecasting policy = new Forecasting(new Forecasting.Settings(0, 0, 64, 0, 15));
    // 30 come: 30 / 13.27 = 2.26.
    assertThat(policy.replicas(backlog(0, 0))).isEqualTo(3);
    // 20,000 requests in 3,600 - 600 - 2 * 180 s are 7.6 a second: 2.83, so what is left over does.
    assertThat(policy.replicas(backlog(20_000, 600))).isEqualTo(3);
    // In 3,600 - 3,000 - 360 s they are 83 a second: 8.54.
    assertThat(policy.replicas(backlog(20_000, 3000))).isEqualTo(9);
  }

  private static View backlog(int requests, double oldest) {
    View empty = Scenes.waiting(60, 0, 0, 0);
    for (int i = 0; i < 20; i++) {
      empty.history().add(15 * 30);
    }
    return new View(
        60,
        2,
        0,
        0,
        100,
        empty.waiting(),
        empty.running(),
        empty.kvUse(),
        30,
        0,
        empty.history(),
        empty.fullRate(),
        empty.safe(),
        180,
        new View.Batch(requests, 211.0 * requests, oldest, 3600, 0, 0, new int[] {requests}));
  }
}
