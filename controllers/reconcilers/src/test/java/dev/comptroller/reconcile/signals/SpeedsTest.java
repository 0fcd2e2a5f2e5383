package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.capacity.Sizing;
import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.StepCost;
import dev.comptroller.decide.capacity.StepCostEstimate;
import dev.comptroller.decide.capacity.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is learned from pages of metrics alone, of engines whose speed is known.
class SpeedsTest {
  private static final TokenLedger.Key KEY = new TokenLedger.Key("team", "chat", "large");
  private static final Instant START = Instant.parse("2026-01-05T10:00:00Z");
  private static final StepCost TRUTH = new StepCost(0.012, 2.5e-5, 2e-8);
  private static final Limits LIMITS = new Limits(64, 2_048, Double.POSITIVE_INFINITY);
  private static final Slo SLO = new Slo(1, 0.05, 0.95);

  private final Speeds speeds = new Speeds();
  private final Random random = new Random(7);

  /// An engine that serves a varying number of requests of 400 tokens in and 100 out, step by step.
  private final class Engine {
    private final boolean counts;
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
    private double by = 1;

    Engine(boolean counts) {
      this.counts = counts;
    }

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

    Instant now() {
      return START.plusNanos((long) (seconds * 1e9));
    }
  }

  private Instant observe(Engine engine, Duration time) {
    Instant end = engine.now().plus(time);
    while (engine.now().isBefore(end)) {
      speeds.add(KEY, "pod", engine.now(), engine.page(), Optional::empty);
      engine.run(5);
    }
    return engine.now();
  }

  private static double error(StepCostEstimate estimate) {
    return estimate.cost().seconds(20, 30, 9_000) / TRUTH.seconds(20, 30, 9_000) - 1;
  }

  @Test
  void shouldLearnAStepFromTheRuntimesOwnCountersAndSizeAReplicaByIt() {
    Instant now = observe(new Engine(true), Duration.ofMinutes(11));
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isCloseTo(0, within(0.03));
    assertThat(speeds.learned().get(KEY))
        .satisfies(learned -> assertThat(learned.steps().samples()).isGreaterThan(100))
        .satisfies(learned -> assertThat(learned.drifts()).isZero());
    Workload mix = speeds.mix(KEY).orElseThrow();
    assertThat(mix.inputTokens()).isCloseTo(400, within(10.0));
    assertThat(mix.outputTokens()).isCloseTo(100, within(10.0));
    SafeRate said = speeds.rate(KEY, LIMITS, SLO, now).orElseThrow();
    SafeRate right = Sizing.largestRate(TRUTH, LIMITS, new Workload(400, 100, 0), SLO);
    assertThat(said.requestsPerSecond() / right.requestsPerSecond()).isCloseTo(1, within(0.1));
  }

  @Test
  void shouldLearnAStepFromTheMetricsOfVllmAlone() {
    Instant now = observe(new Engine(false), Duration.ofMinutes(11));
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isCloseTo(0, within(0.06));
    SafeRate said = speeds.rate(KEY, LIMITS, SLO, now).orElseThrow();
    SafeRate right =
        Sizing.largestRate(TRUTH, new Limits(64, 2_048, 100_000), new Workload(400, 100, 0), SLO);
    assertThat(said.requestsPerSecond() / right.requestsPerSecond()).isCloseTo(1, within(0.2));
  }

  @Test
  void shouldSayNothingBeforeAWholeWindowNorOnStaleFigures() {
    Engine engine = new Engine(true);
    Instant early = observe(engine, Speeds.WINDOW.minusSeconds(30));
    assertThat(speeds.rate(KEY, LIMITS, SLO, early)).isEmpty();
    Instant late = observe(engine, Duration.ofMinutes(1));
    assertThat(speeds.rate(KEY, LIMITS, SLO, late)).isPresent();
    assertThat(speeds.rate(KEY, LIMITS, SLO, late.plus(Speeds.STALE).plusSeconds(1))).isEmpty();
  }

  @Test
  void shouldFollowAChangeOfSpeedAndBeSilentWhileItIsUnsure() {
    Engine engine = new Engine(true);
    Instant before = observe(engine, Duration.ofMinutes(11));
    double fast = speeds.rate(KEY, LIMITS, SLO, before).orElseThrow().requestsPerSecond();
    engine.by = 1.6;
    Instant during = observe(engine, Duration.ofSeconds(60));
    assertThat(speeds.rate(KEY, LIMITS, SLO, during)).isEmpty();
    Instant after = observe(engine, Duration.ofMinutes(6));
    double slow = speeds.rate(KEY, LIMITS, SLO, after).orElseThrow().requestsPerSecond();
    assertThat(slow / fast).isCloseTo(1 / 1.6, within(0.15));
  }

  @Test
  void shouldNotTakeARestartForSteps() {
    Engine engine = new Engine(true);
    observe(engine, Duration.ofMinutes(3));
    double said = error(speeds.stepCost(KEY).orElseThrow());
    Engine again = new Engine(true);
    again.seconds = engine.seconds;
    speeds.add(KEY, "pod", again.now(), again.page(), Optional::empty);
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isEqualTo(said);
  }

  @Test
  void shouldMakeNothingOutOfPagesThatAreBroken() {
    Engine engine = new Engine(true);
    observe(engine, Duration.ofMinutes(1));
    double said = error(speeds.stepCost(KEY).orElseThrow());
    for (String page :
        new String[] {
          "",
          "garbage",
          engine.page().replaceAll("(generation_tokens_total\\{[^}]*}) .*", "$1 NaN"),
          engine.page().replaceAll("(prompt_tokens_total\\{[^}]*}) .*", "$1 -5")
        }) {
      speeds.add(KEY, "pod", engine.now().plusSeconds(5), page, Optional::empty);
    }
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isEqualTo(said);
  }
}
