package dev.comptroller.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.metrics.ChargeCounters.Charged;
import dev.comptroller.gateway.metrics.ChargeCounters.GpuRate;
import io.prometheus.client.CollectorRegistry;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChargeCountersTest {
  private static final String[] LABELS = {
    "namespace", "feature", "provider", "deployment", "variant"
  };
  private static final Charged SERIES = new Charged("a", "search", "b", "llm", "large");

  private final CollectorRegistry registry = new CollectorRegistry();
  private final ChargeCounters counters = new ChargeCounters().register(registry);

  private Double value(String name, String... labels) {
    return registry.getSampleValue(name, LABELS, labels);
  }

  @Test
  void shouldSumMeasuredCostWithoutDrift() {
    Random random = new Random(7);
    BigInteger exact = BigInteger.ZERO;
    for (int i = 0; i < 100_000; i++) {
      long nanos = random.nextLong(1_000_000_000);
      long hour = 1 + random.nextLong(98_000_000);
      counters.add(SERIES, 1L, nanos, new GpuRate(hour, 1));
      exact = exact.add(BigInteger.valueOf(nanos).multiply(BigInteger.valueOf(hour)));
    }
    assertThat(value("comptroller_measured_micros_total", "a", "search", "b", "llm", "large"))
        .isEqualTo(exact.divide(BigInteger.valueOf(3_600_000_000_000L)).doubleValue());
    assertThat(value("comptroller_charged_requests_total", "a", "search", "b", "llm", "large"))
        .isEqualTo(100_000);
  }

  @Test
  void shouldMeasureWhatHasNoPostedPriceAndUseTheLastKnownPriceOfAReplica() {
    counters.add(SERIES, null, 1_000_000L, new GpuRate(3_600_000, 1));
    counters.add(SERIES, 5L, 1_000_000L, GpuRate.UNKNOWN);
    counters.add(SERIES, 5L, null, new GpuRate(3_600_000, 1));
    assertThat(value("comptroller_measured_micros_total", "a", "search", "b", "llm", "large"))
        .isEqualTo(2);
    assertThat(value("comptroller_charged_micros_total", "a", "search", "b", "llm", "large"))
        .isEqualTo(10);
    assertThat(value("comptroller_charged_requests_total", "a", "search", "b", "llm", "large"))
        .isEqualTo(2);
  }

  @Test
  void shouldMeasureAReplicaOfSeveralGpusByItsPartsAndLoseNothingWhenTheirNumberChanges() {
    GpuRate eight = new GpuRate(19_000_000, 8);
    long nanos = 1_000_000_007L;
    for (int i = 0; i < 1_000; i++) {
      counters.add(SERIES, 1L, nanos, eight);
    }
    counters.add(SERIES, 1L, nanos, new GpuRate(19_000_000, 4));
    BigInteger each = BigInteger.valueOf(nanos).multiply(BigInteger.valueOf(19_000_000));
    BigInteger exact =
        each.multiply(BigInteger.valueOf(1_002)).divide(BigInteger.valueOf(8 * 3_600_000_000_000L));
    assertThat(value("comptroller_measured_micros_total", "a", "search", "b", "llm", "large"))
        .isEqualTo(exact.doubleValue());
  }

  @Test
  void shouldBoundItsSeriesAndLoseNoCharge() {
    int all = ChargeCounters.MOST + 1_000;
    for (int i = 0; i < all; i++) {
      counters.add(new Charged("a", "f" + i, "b", "llm", "large"), 3L, null, GpuRate.UNKNOWN);
    }
    assertThat(counters.collect().getFirst().samples).hasSize(ChargeCounters.MOST + 1);
    assertThat(
            value("comptroller_charged_micros_total", "a", "(others)", "b", "(others)", "(others)"))
        .isEqualTo(3_000);
    assertThat(counters.collect().getFirst().samples.stream().mapToDouble(s -> s.value).sum())
        .isEqualTo(3.0 * all);
  }
}
