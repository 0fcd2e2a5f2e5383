package dev.comptroller.gateway.metrics;

import dev.comptroller.protocol.routing.Route.Leg;
import io.prometheus.client.Collector;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What was charged and what it cost, by who pays for what, in whole micro-dollars.
///
/// The operator adds these up. Measured cost is GPU-nanoseconds times the price of a replica's
/// hour; what a request leaves below a micro-dollar is carried to the next one of its series, so
/// the sums never drift. Series are bounded: beyond [#MOST] of them, new ones are counted under
/// [#OTHERS] of the same payer and provider. Thread-safe.
public final class ChargeCounters extends Collector {
  /// Series by feature, deployment and variant.
  static final int MOST = 5_000;

  /// Stands for feature, deployment and variant where there are too many.
  static final String OTHERS = "(others)";

  private static final List<String> LABELS =
      List.of("namespace", "feature", "provider", "deployment", "variant");
  private static final BigInteger NANOS_PER_HOUR = BigInteger.valueOf(3_600_000_000_000L);
  private static final String NO_FEATURE = "default";

  /// What is charged.
  ///
  /// @param namespace that pays
  /// @param provider namespace of the deployment
  public record Charged(
      String namespace, String feature, String provider, String deployment, String variant) {
    /// Of a usage line: without a payer the provider's namespace pays.
    public static Charged of(
        @Nullable String payer,
        @Nullable String feature,
        String provider,
        String deployment,
        String variant) {
      return new Charged(
          payer == null ? provider : payer,
          feature == null ? NO_FEATURE : feature,
          provider,
          deployment,
          variant);
    }

    private List<String> labels() {
      return List.of(namespace, feature, provider, deployment, variant);
    }

    private Charged withoutDetail() {
      return new Charged(namespace, OTHERS, provider, OTHERS, OTHERS);
    }
  }

  /// What a GPU costs.
  ///
  /// @param replicaHourMicros micro-dollars that an hour of its replica costs; 0 if nobody knows
  /// @param gpus GPUs of the replica
  public record GpuRate(long replicaHourMicros, int gpus) {
    /// Nobody knows.
    public static final GpuRate UNKNOWN = new GpuRate(0, 1);

    /// Of the replicas of a leg.
    public static GpuRate of(Leg leg) {
      return new GpuRate(leg.replicaHourMicros(), leg.replicaGpus());
    }
  }

  private static final class Sums {
    long micros;
    long requests;
    long measured;
    GpuRate rate = GpuRate.UNKNOWN;

    /* What is left of measured, in parts of a micro-dollar: one over NANOS_PER_HOUR * rate.gpus. */
    BigInteger rest = BigInteger.ZERO;

    void knowing(GpuRate now) {
      if (now.replicaHourMicros() > 0) {
        rest =
            rest.multiply(BigInteger.valueOf(now.gpus())).divide(BigInteger.valueOf(rate.gpus()));
        rate = now;
      }
    }

    void measure(long gpuNanos) {
      BigInteger[] cost =
          BigInteger.valueOf(gpuNanos)
              .multiply(BigInteger.valueOf(rate.replicaHourMicros()))
              .add(rest)
              .divideAndRemainder(NANOS_PER_HOUR.multiply(BigInteger.valueOf(rate.gpus())));
      measured = Math.addExact(measured, cost[0].longValueExact());
      rest = cost[1];
    }
  }

  private final Map<Charged, Sums> sums = new HashMap<>();

  /// Counts one request.
  ///
  /// @param micros charged; absent if there was no posted price
  /// @param gpuNanos that the runtime attributed to it; absent if it did not say
  /// @param rate what a GPU of the replica costs; one that nobody knows now leaves the last known
  ///     one in force
  public synchronized void add(
      Charged charged, @Nullable Long micros, @Nullable Long gpuNanos, GpuRate rate) {
    Sums known = sums.get(charged);
    Charged key = known == null && sums.size() >= MOST ? charged.withoutDetail() : charged;
    Sums to = sums.computeIfAbsent(key, _ -> new Sums());
    if (micros != null) {
      to.micros = Math.addExact(to.micros, micros);
      to.requests++;
    }
    to.knowing(rate);
    if (gpuNanos != null) {
      to.measure(gpuNanos);
    }
  }

  @Override
  public synchronized List<MetricFamilySamples> collect() {
    return List.of(
        family("charged_micros", "Micro-dollars charged.", one -> one.micros),
        family("charged_requests", "Requests charged.", one -> one.requests),
        family(
            "measured_micros",
            "Micro-dollars that the GPU time of requests cost.",
            one -> one.measured));
  }

  private MetricFamilySamples family(String name, String help, ToLongFunction<Sums> value) {
    String full = "comptroller_" + name;
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    sums.forEach(
        (key, one) ->
            samples.add(
                new MetricFamilySamples.Sample(
                    full + "_total", LABELS, key.labels(), (double) value.applyAsLong(one))));
    return new MetricFamilySamples(full, Type.COUNTER, help, samples);
  }
}
