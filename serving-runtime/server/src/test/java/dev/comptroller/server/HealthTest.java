package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.engine.LoopSnapshot;
import dev.comptroller.engine.LoopState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HealthTest {
  @Test
  void shouldBeUnhealthyOnlyAfter30SecondsOfWorkWithoutAToken() {
    assertThat(judge(new LoopState.Serving(), 0)).isEqualTo(new Health(true, true, "ok"));
    assertThat(judge(new LoopState.Serving(), 29)).isEqualTo(new Health(true, true, "ok"));
    assertThat(judge(new LoopState.Serving(), 31))
        .isEqualTo(new Health(false, false, "no token for 31 s with 2 running and 1 waiting"));
    assertThat(judge(new LoopState.Draining(), 31).live()).isFalse();
  }

  @Test
  void shouldBeAliveButNotReadyWhileDraining() {
    assertThat(judge(new LoopState.Draining(), 1)).isEqualTo(new Health(false, true, "draining"));
  }

  @Test
  void shouldNotBeAliveWhenTheEngineFailed() {
    assertThat(judge(new LoopState.Failed("out of memory"), 0))
        .isEqualTo(new Health(false, false, "engine failed: out of memory"));
  }

  private static Health judge(LoopState state, int stalledSeconds) {
    long nanos = Duration.ofSeconds(stalledSeconds).toNanos();
    return Health.of(
        new LoopSnapshot(
            state, new LoopSnapshot.Load(2, 1, 0), LoopSnapshot.Load.NONE, 0, 100, nanos));
  }
}
