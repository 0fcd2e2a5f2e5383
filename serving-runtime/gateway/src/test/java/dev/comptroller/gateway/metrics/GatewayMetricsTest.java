package dev.comptroller.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GatewayMetricsTest {
  private final GatewayMetrics metrics = new GatewayMetrics();

  private @Nullable Double arrivals(int quarter) {
    return metrics
        .registry()
        .getSampleValue(
            "comptroller_gateway_arrivals_total",
            new String[] {"namespace", "deployment", "quarter"},
            new String[] {"team", "chat", Integer.toString(quarter)});
  }

  @Test
  void shouldCountArrivalsByTheQuarterOfTheMinute() {
    Instant minute = Instant.parse("2026-01-05T10:07:00Z");
    for (long millis : new long[] {0, 14_999, 15_000, 45_000, 59_999, 60_000}) {
      metrics.arrived("team", "chat", minute.plusMillis(millis));
    }
    assertThat(arrivals(0)).isEqualTo(3);
    assertThat(arrivals(1)).isEqualTo(1);
    assertThat(arrivals(2)).isNull();
    assertThat(arrivals(3)).isEqualTo(2);
  }
}
