package dev.comptroller.gateway.metrics;

import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.protocol.MinuteQuarter;
import dev.comptroller.protocol.Names;
import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import java.time.Instant;
import java.util.List;
import java.util.function.DoubleSupplier;

/// Everything the gateway exports.
///
/// Labels are bounded: namespaces, deployments and variants come from the routing table, never
/// from what a client sends; a request for an unknown model counts under empty names.
public final class GatewayMetrics {
  private static final double[] FIRST_BYTE = {
    .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160
  };

  private static final double[] WAITS = {.1, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640};

  private final CollectorRegistry registry = new CollectorRegistry();
  private final Counter requests =
      counter("requests", "Requests answered.", "namespace", "deployment", "code");
  private final Gauge inFlight =
      gauge("in_flight_requests", "Requests running now.", "namespace", "deployment");
  private final Counter tokens =
      counter(
          "tokens",
          "Tokens metered.",
          "namespace",
          "deployment",
          "variant",
          "class",
          Names.TRAFFIC_LABEL);
  private final Counter charged =
      counter(
          "charged_dollars",
          "Dollars charged at posted prices.",
          "namespace",
          "deployment",
          "variant");
  private final Counter unpriced =
      counter(
          "unpriced_requests",
          "Requests served without a posted price.",
          "namespace",
          "deployment");
  private final Counter estimated =
      counter(
          "estimated_requests",
          "Requests whose tokens are an estimate.",
          "namespace",
          "deployment");
  private final Histogram firstByte =
      Histogram.build(
              "comptroller_gateway_time_to_first_byte_seconds", "From request to first byte.")
          .labelNames("namespace", "deployment")
          .buckets(FIRST_BYTE)
          .register(registry);
  private final Counter upstreamFailures =
      counter("upstream_failures", "Failures of replicas.", "namespace", "deployment", "kind");
  private final Counter retries =
      counter(
          "upstream_reroutes", "Requests moved to another replica before the first byte.",
          "namespace", "deployment");
  private final Counter cuts =
      counter("budget_cuts", "Streams that a budget ended.", "namespace", "deployment");
  private final Counter would =
      counter(
          "would_refuse",
          "What budgets in observe mode would have done to requests.",
          "namespace",
          "action");
  private final Counter denied =
      counter("denied", "Requests that money or identity refused.", "namespace", "code");
  private final Counter waits =
      counter(
          "waited",
          "Waits for a replica that ended.",
          "namespace",
          "deployment",
          "class",
          "outcome");
  private final Histogram waitSeconds =
      Histogram.build(
              "comptroller_gateway_waited_seconds", "How long requests waited for a replica.")
          .labelNames("namespace", "deployment", "class")
          .buckets(WAITS)
          .register(registry);
  private final Counter arrivals =
      counter(
          "arrivals",
          "Requests that money let through, by the quarter of the minute that they came in.",
          "namespace",
          "deployment",
          Names.QUARTER_LABEL);
  private final Gauge lastRequest =
      gauge(
          "last_request_timestamp_seconds",
          "When a request last came or ended, in seconds since 1970.",
          "namespace",
          "deployment");
  private final Gauge tableVersion =
      gauge("routing_table_version", "Routing tables accepted since start.");
  private final Counter tableRefused =
      counter("routing_table_refused", "Routing tables refused or found absent.");
  private final Counter tableNotKept =
      counter("routing_table_not_kept", "Routing tables that could not be written to disk.");

  private final ChargeCounters charges = new ChargeCounters().register(registry);

  /// The registry that holds all of it.
  public CollectorRegistry registry() {
    return registry;
  }

  /// Counts one answered request.
  public void answered(String namespace, String deployment, int code) {
    requests.labels(namespace, deployment, Integer.toString(code)).inc();
  }

  /// The number of requests that run on a deployment.
  public Gauge.Child inFlight(String namespace, String deployment) {
    return inFlight.labels(namespace, deployment);
  }

  /// Counts what one request used.
  ///
  /// @param traffic its class
  public void used(
      String namespace, String deployment, String variant, String traffic, Usage usage) {
    used(namespace, deployment, variant, "input", traffic, usage.uncached());
    used(namespace, deployment, variant, "cached", traffic, usage.cached());
    used(namespace, deployment, variant, "output", traffic, usage.completion());
    if (usage.estimated()) {
      estimated.labels(namespace, deployment).inc();
    }
  }

  private void used(
      String namespace,
      String deployment,
      String variant,
      String kind,
      String traffic,
      long count) {
    tokens.labels(namespace, deployment, variant, kind, traffic).inc((double) count);
  }

  /// Counts what one request was charged.
  public void charged(String namespace, String deployment, String variant, long micros) {
    charged.labels(namespace, deployment, variant).inc(micros / 1e6);
  }

  /// What was charged and what it cost, by who pays for what.
  public ChargeCounters charges() {
    return charges;
  }

  /// Counts a request that no posted price was known for.
  public void unpriced(String namespace, String deployment) {
    unpriced.labels(namespace, deployment).inc();
  }

  /// Observes the time to the first byte of an answer.
  public void firstByte(String namespace, String deployment, double seconds) {
    firstByte.labels(namespace, deployment).observe(seconds);
  }

  /// Counts a replica's failure: `connect`, `answer` (before the first byte) or `stream`.
  public void upstreamFailed(String namespace, String deployment, String kind) {
    upstreamFailures.labels(namespace, deployment, kind).inc();
  }

  /// Counts a request that went to another replica.
  public void rerouted(String namespace, String deployment) {
    retries.labels(namespace, deployment).inc();
  }

  /// Counts a stream that a budget ended.
  public void cutByBudget(String namespace, String deployment) {
    cuts.labels(namespace, deployment).inc();
  }

  /// Counts what a budget in observe mode would have done.
  public void wouldRefuse(String namespace, String action) {
    would.labels(namespace, action).inc();
  }

  /// Counts a refusal for money's sake.
  public void denied(String namespace, String code) {
    denied.labels(namespace, code).inc();
  }

  /// Counts a wait for a replica that ended.
  ///
  /// @param outcome `ready`, `full`, `late`, `gone`, `changed` or `closing`
  public void waited(
      String namespace, String deployment, String trafficClass, String outcome, double seconds) {
    waits.labels(namespace, deployment, trafficClass, outcome).inc();
    if (!outcome.equals("full")) {
      waitSeconds.labels(namespace, deployment, trafficClass).observe(seconds);
    }
  }

  /// Counts a request that is about to be served, or to wait for a replica.
  public void arrived(String namespace, String deployment, Instant at) {
    String quarter = Integer.toString(MinuteQuarter.of(at));
    arrivals.labels(namespace, deployment, quarter).inc();
  }

  /// Notes that a deployment is asked, or was until then.
  public void requested(String namespace, String deployment, Instant at) {
    lastRequest.labels(namespace, deployment).set(at.toEpochMilli() / 1e3);
  }

  /// Notes the table in force.
  public void tableAccepted(long version) {
    tableVersion.set((double) version);
  }

  /// Counts a table that was refused or absent.
  public void tableRefused() {
    tableRefused.inc();
  }

  /// Counts a table that could not be kept.
  public void tableNotKept() {
    tableNotKept.inc();
  }

  /// Registers a gauge that is read at every scrape.
  public void sampled(String name, String help, DoubleSupplier value) {
    new Sampled("comptroller_gateway_" + name, help, value).register(registry);
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.build("comptroller_gateway_" + name, help).labelNames(labels).register(registry);
  }

  private Gauge gauge(String name, String help, String... labels) {
    return Gauge.build("comptroller_gateway_" + name, help).labelNames(labels).register(registry);
  }

  private static final class Sampled extends Collector {
    private final String name;
    private final String help;
    private final DoubleSupplier value;

    Sampled(String name, String help, DoubleSupplier value) {
      this.name = name;
      this.help = help;
      this.value = value;
    }

    @Override
    public List<MetricFamilySamples> collect() {
      MetricFamilySamples.Sample sample =
          new MetricFamilySamples.Sample(name, List.of(), List.of(), value.getAsDouble());
      return List.of(new MetricFamilySamples(name, Type.GAUGE, help, List.of(sample)));
    }
  }
}
