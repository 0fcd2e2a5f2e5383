package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class EngineLoadTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

  @Test
  void shouldCountWorkThatGaveWayNeitherAsWaitingNorAsGone() {
    String page =
        """
        vllm:num_requests_running{model_name="m",engine="0"} 5.0
        vllm:num_requests_waiting{model_name="m",engine="0"} 7.0
        comptroller_running{model_name="m",engine="0",class="interactive"} 3.0
        comptroller_running{model_name="m",engine="0",class="batch"} 2.0
        comptroller_waiting{model_name="m",engine="0",class="interactive"} 1.0
        comptroller_waiting{model_name="m",engine="0",class="batch"} 6.0
        """;
    EngineLoad load = EngineLoad.read(NOW, page).orElseThrow();
    assertThat(load.waiting()).isEqualTo(1);
    assertThat(load.inFlight()).isEqualTo(12);
    assertThat(load.interactive()).as("what somebody waits for").isEqualTo(4);
    String without = page.lines().limit(2).reduce("", (all, line) -> all + line + "\n");
    assertThat(EngineLoad.read(NOW, without).orElseThrow().waiting()).isEqualTo(7);
  }
}
