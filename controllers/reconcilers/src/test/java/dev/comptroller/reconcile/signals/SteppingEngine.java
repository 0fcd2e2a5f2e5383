package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.StepCost;
import java.time.Instant;
import java.util.Random;

/// An engine that serves a varying number of requests of 400 tokens in and 100 out, step by step.
final class SteppingEngine {
  /// What its steps cost.
  static final StepCost TRUTH = new StepCost(0.012, 2.5e-5, 2e-8);

  private final boolean counts;
  private final Instant start;
  private final Random random;
  private double seconds;
  private double steps;
  private double roots;
  private double tokens;
  private double kv;
  private double stepSeconds;
  private double prompt;
  private double generated;
  private double between;
  private double betweenSeconds;
  private double firsts;
  private double firstSeconds;
  private double sequences;
  private double kvNow;

  /// How much longer its steps take.
  double by = 1;

  /// An engine at `start`.
  ///
  /// @param counts whether it counts its steps, as the bundled runtime does
  SteppingEngine(boolean counts, Instant start, Random random) {
    this.counts = counts;
    this.start = start;
    this.random = random;
  }

  /// Serves for so many seconds.
  void run(double more) {
    double until = seconds + more;
    sequences = 2 + random.nextInt(40);
    double due = 0;
    while (seconds < until) {
      // Requests of 100 tokens: each step a hundredth of those that are served is replaced.
      due += sequences / 100;
      double begun = Math.floor(due);
      due -= begun;
      double computed = sequences + 400 * begun;
      kvNow = 450 * sequences;
      double step =
          by * TRUTH.seconds(sequences, computed, kvNow) * (1 + 0.03 * random.nextGaussian());
      seconds += step;
      steps++;
      roots += Math.sqrt(sequences);
      tokens += computed;
      kv += kvNow;
      stepSeconds += step;
      prompt += 400 * begun;
      generated += sequences;
      between += sequences;
      betweenSeconds += sequences * step;
      firsts += begun;
      firstSeconds += begun * step;
    }
  }

  /// What it exports.
  String page() {
    String labels = "{engine=\"0\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} ";
    StringBuilder page = new StringBuilder();
    page.append(
        "# HELP vllm:num_requests_running Number of requests in model execution batches.\n");
    page.append("# TYPE vllm:num_requests_running gauge\n");
    line(page, "vllm:num_requests_running" + labels, sequences);
    line(page, "vllm:num_requests_waiting" + labels, 0);
    line(page, "vllm:prompt_tokens_total" + labels, prompt);
    line(page, "vllm:generation_tokens_total" + labels, generated);
    line(page, "vllm:inter_token_latency_seconds_sum" + labels, betweenSeconds);
    line(page, "vllm:inter_token_latency_seconds_count" + labels, between);
    line(page, "vllm:time_to_first_token_seconds_sum" + labels, firstSeconds);
    line(page, "vllm:time_to_first_token_seconds_count" + labels, firsts);
    line(page, "vllm:request_queue_time_seconds_sum" + labels, 0);
    line(page, "vllm:prefix_cache_queries_total" + labels, prompt);
    line(page, "vllm:prefix_cache_hits_total" + labels, 0);
    if (counts) {
      line(page, "comptroller_step_tokens_count" + labels, steps);
      line(page, "comptroller_step_tokens_sum" + labels, tokens);
      line(page, "comptroller_step_root_sequences_total" + labels, roots);
      line(page, "comptroller_step_kv_tokens_total" + labels, kv);
      line(page, "comptroller_step_seconds_total" + labels, stepSeconds);
    } else {
      line(page, "vllm:kv_cache_usage_perc" + labels, kvNow / 100_000);
      page.append("vllm:cache_config_info{block_size=\"16\",cache_dtype=\"auto\",")
          .append("engine=\"0\",num_gpu_blocks=\"6250\"} 1.0\n");
    }
    return page.toString();
  }

  private void line(StringBuilder page, String name, double value) {
    page.append(name).append(value).append('\n');
  }

  /// The time on its clock.
  Instant now() {
    return start.plusNanos((long) (seconds * 1e9));
  }
}
