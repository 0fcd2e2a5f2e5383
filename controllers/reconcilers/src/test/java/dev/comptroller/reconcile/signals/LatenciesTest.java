package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.latency.SloCount;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class LatenciesTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Slo SLO = new Slo(1, 0.05, 0.99);
  private static final Duration WINDOW = Duration.ofMinutes(10);

  private final Latencies latencies = new Latencies();

  @Test
  void shouldCountRequestsThatKeptThePromiseFromAnEnginesPage() {
    add(0, page(0, 0, "vllm:request_time_per_output_token_seconds"), SLO);
    add(10, page(8, 10, "vllm:request_time_per_output_token_seconds"), SLO);

    assertThat(latencies.count("team", "chat", true, NOON.plusSeconds(11)))
        .contains(new SloCount(10, 8, 10, 8));
  }

  @Test
  void shouldJudgePaceTokenByTokenWhereAnEngineDoesNotCountAnswers() {
    add(0, page(0, 0, "vllm:time_per_output_token_seconds"), SLO);
    add(10, page(3, 4, "vllm:time_per_output_token_seconds"), SLO);

    assertThat(latencies.count("team", "chat", true, NOON.plusSeconds(11)))
        .contains(new SloCount(4, 3, 4, 3));
  }

  @Test
  void shouldSayNothingByOldFiguresOfARunningReplica() {
    add(0, page(0, 0, "vllm:inter_token_latency_seconds"), SLO);
    add(10, page(8, 10, "vllm:inter_token_latency_seconds"), SLO);

    assertThat(latencies.count("team", "chat", true, NOON.plusSeconds(71))).isEmpty();
    assertThat(latencies.count("team", "chat", false, NOON.plusSeconds(71)).orElseThrow().first())
        .as("its replicas are gone, their requests still count")
        .isEqualTo(8);
  }

  @Test
  void shouldSayNothingByAPageWithoutLatencies() {
    add(0, "vllm:num_requests_running 1\n", SLO);
    add(10, page(0, 0, "other_seconds"), SLO);
    add(20, page(1, 2, "vllm:inter_token_latency_seconds").replace("} 2", "} x"), SLO);

    assertThat(latencies.count("team", "chat", true, NOON.plusSeconds(21))).isEmpty();
  }

  @Test
  void shouldBeginAnewWhenThePromiseChanges() {
    add(0, page(0, 0, "vllm:inter_token_latency_seconds"), SLO);
    add(10, page(8, 10, "vllm:inter_token_latency_seconds"), SLO);
    add(20, page(9, 11, "vllm:inter_token_latency_seconds"), new Slo(3, 0.05, 0.99));

    assertThat(latencies.count("team", "chat", true, NOON.plusSeconds(21))).contains(SloCount.NONE);
  }

  @Test
  void shouldForgetDeploymentsThatAreGone() {
    add(0, page(0, 0, "vllm:inter_token_latency_seconds"), SLO);
    latencies.retain((_, _) -> false);

    assertThat(latencies.count("team", "chat", true, NOON)).isEmpty();
  }

  private void add(long second, String page, Slo slo) {
    latencies.add("team", "chat", "uid", NOON.plusSeconds(second), page, slo, WINDOW);
  }

  private static String page(int kept, int all, String pace) {
    return histogram("vllm:time_to_first_token_seconds", "1.0", kept, all)
        + histogram(pace, "0.05", kept, all);
  }

  private static String histogram(String name, String bound, int kept, int all) {
    return """
    %1$s_bucket{model_name="m",engine="0",le="%2$s",} %3$d
    %1$s_bucket{model_name="m",engine="0",le="+Inf",} %4$d
    %1$s_count{model_name="m",engine="0",} %4$d
    """
        .formatted(name, bound, kept, all);
  }
}
