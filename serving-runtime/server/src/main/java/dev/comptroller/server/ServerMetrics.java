package dev.comptroller.server;

import dev.comptroller.batching.RequestClass;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.GpuMeter;
import dev.comptroller.engine.LoopObserver;
import dev.comptroller.engine.LoopSnapshot;
import dev.comptroller.engine.Rejection;
import dev.comptroller.engine.Usage;
import dev.comptroller.protocol.Names;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The figures of `/metrics`: vLLM's names and bounds, which dashboards and routers know.
///
/// The latencies are those of interactive requests: what batch work waits says nothing about how
/// users are served.
///
/// Few series and no locks on the engine's thread beyond simpleclient's own, because routers read
/// this page many times a second.
final class ServerMetrics implements LoopObserver {
  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };
  private static final double[] BETWEEN_TOKENS = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
  };
  private static final double[] REQUEST = {
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
  };
  private static final double[] SEQUENCES = {
    1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256
  };
  private static final double[] TOKENS = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192
  };
  private static final double NANOS = 1e9;

  private final CollectorRegistry registry = new CollectorRegistry();
  private final GpuMeter meter;
  private final String[] labels;
  private final Gauge.Child running;
  private final Gauge.Child waiting;
  private final Gauge.Child cacheUsage;
  private final Counter.Child promptTokens;
  private final Counter.Child cachedTokens;
  private final Counter.Child generatedTokens;
  private final Counter.Child preemptions;
  private final Map<RequestClass, ClassFigures> classes = new EnumMap<>(RequestClass.class);
  private final Counter rejected;
  private final Map<FinishReason, Counter.Child> finished = new EnumMap<>(FinishReason.class);
  private final Histogram.Child firstToken;
  private final Histogram.Child betweenTokens;
  private final Histogram.Child pace;
  private final Histogram.Child request;
  private final Histogram.Child queue;
  private final Histogram.Child stepSequences;
  private final Histogram.Child stepTokens;
  private final Counter.Child stepSeconds;
  private final Counter.Child stepRoots;
  private final Counter.Child stepKvTokens;

  ServerMetrics(String modelName, GpuMeter meter) {
    this.meter = meter;
    labels = new String[] {modelName, "0"};
    running = gauge("vllm:num_requests_running", "Sequences that hold a slot.");
    waiting = gauge("vllm:num_requests_waiting", "Requests that wait for a slot.");
    cacheUsage = gauge("vllm:kv_cache_usage_perc", "Part of the KV cells in use, 0 to 1.");
    promptTokens = counter("vllm:prompt_tokens", "Prompt tokens of requests that ended.");
    cachedTokens =
        counter("comptroller_prompt_tokens_cached", "Prompt tokens that were not computed.");
    generatedTokens = counter("vllm:generation_tokens", "Tokens generated.");
    preemptions = counter("vllm:num_preemptions", "Sequences that lost their cells to others.");
    firstToken =
        histogram(
            "vllm:time_to_first_token_seconds",
            "Submission to first token, interactive.",
            FIRST_TOKEN);
    betweenTokens =
        histogram(
            "vllm:inter_token_latency_seconds",
            "Token to next token, interactive.",
            BETWEEN_TOKENS);
    pace =
        histogram(
            "vllm:request_time_per_output_token_seconds",
            "Mean time between the tokens of an answer, interactive.",
            BETWEEN_TOKENS);
    request =
        histogram("vllm:e2e_request_latency_seconds", "Submission to end, interactive.", REQUEST);
    queue =
        histogram(
            "vllm:request_queue_time_seconds", "Submission to first slot, interactive.", REQUEST);
    stepSequences = histogram("comptroller_step_sequences", "Sequences in a step.", SEQUENCES);
    stepTokens = histogram("comptroller_step_tokens", "Tokens computed in a step.", TOKENS);
    stepSeconds = counter("comptroller_step_seconds", "Wall time of steps.");
    stepRoots =
        counter("comptroller_step_root_sequences", "Roots of the sequences of steps, summed up.");
    stepKvTokens = counter("comptroller_step_kv_tokens", "Tokens of the cache that steps read.");
    Counter success =
        Counter.build("vllm:request_success", "Requests that ended.")
            .labelNames("model_name", "engine", "finished_reason")
            .register(registry);
    for (FinishReason reason : FinishReason.values()) {
      finished.put(reason, success.labels(modelName, "0", name(reason)));
    }
    rejected =
        Counter.build("comptroller_admission_rejected", "Requests that were not taken.")
            .labelNames("model_name", "engine", "reason")
            .register(registry);
    rejected.labels(modelName, "0", "queue_full");
    rejected.labels(modelName, "0", "queue_slow");
    byClass();
  }

  private void byClass() {
    Gauge runs =
        Gauge.build("comptroller_running", "Sequences that hold a slot, by class.")
            .labelNames("model_name", "engine", "class")
            .register(registry);
    Gauge waits =
        Gauge.build("comptroller_waiting", "Requests that wait for a slot, by class.")
            .labelNames("model_name", "engine", "class")
            .register(registry);
    Counter lost =
        Counter.build("comptroller_preemptions", "Sequences that lost their slot, by class.")
            .labelNames("model_name", "engine", "class")
            .register(registry);
    for (RequestClass each : RequestClass.values()) {
      String name = name(each);
      classes.put(
          each,
          new ClassFigures(
              runs.labels(labels[0], labels[1], name),
              waits.labels(labels[0], labels[1], name),
              lost.labels(labels[0], labels[1], name)));
    }
  }

  @Override
  public void step(StepReport report) {
    stepSequences.observe(report.sequences());
    stepTokens.observe(report.tokens());
    stepSeconds.inc(report.nanos() / NANOS);
    stepRoots.inc(Math.sqrt(report.sequences()));
    stepKvTokens.inc((double) report.kvTokens());
    generatedTokens.inc(report.sampled());
  }

  @Override
  public void rejected(Rejection reason) {
    rejected.labels(labels[0], labels[1], reason.code()).inc();
  }

  @Override
  public void started(RequestClass requestClass, long queueNanos) {
    if (requestClass == RequestClass.INTERACTIVE) {
      queue.observe(queueNanos / NANOS);
    }
  }

  @Override
  public void firstToken(RequestClass requestClass, long nanosSinceSubmit) {
    if (requestClass == RequestClass.INTERACTIVE) {
      firstToken.observe(nanosSinceSubmit / NANOS);
    }
  }

  @Override
  public void furtherToken(RequestClass requestClass, long nanosSincePrevious) {
    if (requestClass == RequestClass.INTERACTIVE) {
      betweenTokens.observe(nanosSincePrevious / NANOS);
    }
  }

  @Override
  public void paced(RequestClass requestClass, long nanosPerToken) {
    if (requestClass == RequestClass.INTERACTIVE) {
      pace.observe(nanosPerToken / NANOS);
    }
  }

  @Override
  public void finished(
      RequestClass requestClass, FinishReason reason, Usage usage, long nanosSinceSubmit) {
    if (requestClass == RequestClass.INTERACTIVE) {
      request.observe(nanosSinceSubmit / NANOS);
    }
    promptTokens.inc(usage.promptTokens());
    cachedTokens.inc(usage.cachedTokens());
    Counter.Child child = finished.get(reason);
    if (child != null) {
      child.inc();
    }
  }

  /// The page in Prometheus' text format, with the loop's figures of now.
  String page(LoopSnapshot now) {
    running.set(now.running());
    waiting.set(now.waiting());
    cacheUsage.set(now.kvUsage());
    synchronized (preemptions) {
      raise(preemptions, now.preemptions());
      classes.forEach(
          (each, figures) -> {
            LoopSnapshot.Load load =
                switch (each) {
                  case INTERACTIVE -> now.interactive();
                  case BATCH -> now.batch();
                };
            figures.running.set(load.running());
            figures.waiting.set(load.waiting());
            raise(figures.preemptions, load.preemptions());
          });
    }
    return page();
  }

  /// The page while there is no loop yet.
  String page() {
    var families = new ArrayList<MetricFamilySamples>();
    for (MetricFamilySamples family : Collections.list(registry.metricFamilySamples())) {
      families.add(withoutCreated(family));
    }
    var page = new StringWriter(16_384);
    try {
      TextFormat.write004(page, Collections.enumeration(families));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return page.append(gpus()).toString();
  }

  /* Whole numbers: a floating-point counter would lose nanoseconds after 104 days. */
  private String gpus() {
    var lines = new StringBuilder(1_024);
    String label = "{model_name=\"" + labels[0] + "\",engine=\"" + labels[1] + "\"";
    lines.append("# HELP comptroller_gpus GPUs of this replica.\n# TYPE comptroller_gpus gauge\n");
    lines.append("comptroller_gpus").append(label).append("} ").append(meter.gpus()).append('\n');
    String name = "comptroller_gpu_nanoseconds_total";
    lines.append("# HELP ").append(name).append(" GPU time since the pod's start, by state.\n");
    lines.append("# TYPE ").append(name).append(" counter\n");
    meter
        .read()
        .states()
        .forEach(
            (state, nanos) ->
                lines.append(
                    "%s%s,state=\"%s\"} %d%n".formatted(name, label, state.label(), nanos)));
    return lines.toString();
  }

  private static void raise(Counter.Child counter, long to) {
    counter.inc(Math.max(0, to - counter.get()));
  }

  private static MetricFamilySamples withoutCreated(MetricFamilySamples family) {
    List<Sample> samples =
        family.samples.stream().filter(sample -> !sample.name.endsWith("_created")).toList();
    return new MetricFamilySamples(family.name, family.unit, family.type, family.help, samples);
  }

  private static String name(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CANCELLED -> "abort";
      case ERROR -> "error";
    };
  }

  private static String name(RequestClass requestClass) {
    return switch (requestClass) {
      case INTERACTIVE -> Names.CLASS_INTERACTIVE;
      case BATCH -> Names.CLASS_BATCH;
    };
  }

  private record ClassFigures(
      Gauge.Child running, Gauge.Child waiting, Counter.Child preemptions) {}

  private Gauge.Child gauge(String name, String help) {
    return Gauge.build(name, help)
        .labelNames("model_name", "engine")
        .register(registry)
        .labels(labels);
  }

  private Counter.Child counter(String name, String help) {
    return Counter.build(name, help)
        .labelNames("model_name", "engine")
        .register(registry)
        .labels(labels);
  }

  private Histogram.Child histogram(String name, String help, double[] bounds) {
    return Histogram.build(name, help)
        .buckets(bounds)
        .labelNames("model_name", "engine")
        .register(registry)
        .labels(labels);
  }
}
