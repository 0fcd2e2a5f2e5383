package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.batching.RequestClass;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.GpuMeter;
import dev.comptroller.engine.LoopObserver;
import dev.comptroller.engine.LoopSnapshot;
import dev.comptroller.engine.LoopState;
import dev.comptroller.engine.Rejection;
import dev.comptroller.engine.Usage;
import org.junit.jupiter.api.Test;

class ServerMetricsTest {
  private static final String LABELS = "{model_name=\"team/house\",engine=\"0\",";

  @Test
  void shouldTellWhatTheLoopDidInNamesThatDashboardsKnow() {
    var metrics = new ServerMetrics("team/house", GpuMeter.starting(System::nanoTime));
    metrics.started(RequestClass.INTERACTIVE, 400_000_000);
    metrics.firstToken(RequestClass.INTERACTIVE, 3_000_000);
    metrics.furtherToken(RequestClass.INTERACTIVE, 30_000_000);
    metrics.firstToken(RequestClass.BATCH, 1);
    metrics.paced(RequestClass.INTERACTIVE, 20_000_000);
    metrics.paced(RequestClass.BATCH, 1);
    metrics.step(new LoopObserver.StepReport(4, 17, 2, 1_000, 20_000_000, 1));
    metrics.step(new LoopObserver.StepReport(1, 1, 1, 500, 5_000_000, 1));
    metrics.finished(
        RequestClass.INTERACTIVE, FinishReason.LENGTH, new Usage(10, 4, 6, 7), 700_000_000);
    metrics.rejected(new Rejection.QueueFull(1, 1));
    String page = metrics.page(snapshot(5));

    assertThat(page.lines())
        .contains(
            "vllm:num_requests_running" + LABELS + "} 2.0",
            "vllm:num_requests_waiting" + LABELS + "} 1.0",
            "vllm:kv_cache_usage_perc" + LABELS + "} 0.25",
            "vllm:prompt_tokens_total" + LABELS + "} 10.0",
            "comptroller_prompt_tokens_cached_total" + LABELS + "} 4.0",
            "vllm:generation_tokens_total" + LABELS + "} 3.0",
            "vllm:num_preemptions_total" + LABELS + "} 5.0",
            "comptroller_running" + LABELS + "class=\"interactive\",} 2.0",
            "comptroller_waiting" + LABELS + "class=\"batch\",} 1.0",
            "comptroller_preemptions_total" + LABELS + "class=\"batch\",} 5.0",
            "comptroller_preemptions_total" + LABELS + "class=\"interactive\",} 0.0",
            "vllm:request_success_total" + LABELS + "finished_reason=\"length\",} 1.0",
            "vllm:request_success_total" + LABELS + "finished_reason=\"stop\",} 0.0",
            "comptroller_admission_rejected_total" + LABELS + "reason=\"queue_full\",} 1.0",
            "vllm:time_to_first_token_seconds_bucket" + LABELS + "le=\"0.001\",} 0.0",
            "vllm:time_to_first_token_seconds_bucket" + LABELS + "le=\"0.005\",} 1.0",
            "vllm:time_to_first_token_seconds_bucket" + LABELS + "le=\"2560.0\",} 1.0",
            "vllm:inter_token_latency_seconds_bucket" + LABELS + "le=\"0.05\",} 1.0",
            "vllm:request_time_per_output_token_seconds_bucket" + LABELS + "le=\"0.01\",} 0.0",
            "vllm:request_time_per_output_token_seconds_bucket" + LABELS + "le=\"0.025\",} 1.0",
            "vllm:e2e_request_latency_seconds_bucket" + LABELS + "le=\"0.5\",} 0.0",
            "vllm:e2e_request_latency_seconds_bucket" + LABELS + "le=\"0.8\",} 1.0",
            "vllm:request_queue_time_seconds_bucket" + LABELS + "le=\"0.5\",} 1.0",
            "comptroller_step_sequences_bucket" + LABELS + "le=\"2.0\",} 1.0",
            "comptroller_step_sequences_sum" + LABELS + "} 5.0",
            "comptroller_step_seconds_total" + LABELS + "} 0.025",
            "comptroller_step_root_sequences_total" + LABELS + "} 3.0",
            "comptroller_step_kv_tokens_total" + LABELS + "} 1500.0",
            "comptroller_step_tokens_sum" + LABELS + "} 18.0");
  }

  @Test
  void shouldCountPreemptionsOnceHoweverOftenThePageIsRead() {
    var metrics = new ServerMetrics("team/house", GpuMeter.starting(System::nanoTime));
    metrics.page(snapshot(5));

    assertThat(metrics.page(snapshot(7)).lines())
        .contains("vllm:num_preemptions_total" + LABELS + "} 7.0");
  }

  @Test
  void shouldKeepThePageSmall() {
    String page = new ServerMetrics("team/house", GpuMeter.starting(System::nanoTime)).page();

    assertThat(page).doesNotContain("_created");
    assertThat(page.lines().filter(line -> !line.startsWith("#")).count()).isLessThan(185);
  }

  private static LoopSnapshot snapshot(long preemptions) {
    return new LoopSnapshot(
        new LoopState.Serving(),
        new LoopSnapshot.Load(2, 0, 0),
        new LoopSnapshot.Load(0, 1, preemptions),
        25,
        100,
        0);
  }
}
