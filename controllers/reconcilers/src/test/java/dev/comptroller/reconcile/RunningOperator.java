package dev.comptroller.reconcile;

import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.reconcile.budget.LoopSettings;
import dev.comptroller.reconcile.deployment.Directives;
import dev.comptroller.reconcile.desired.Images;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.Interceptor.RequestTags;
import io.javaoperatorsdk.operator.Operator;
import io.prometheus.client.CollectorRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/// The operator without its application: reconcilers and background work on a client of its own,
/// with the rights that it needs and no more.
final class RunningOperator implements AutoCloseable {
  /// A loop that looks, and lets go, within seconds.
  static final LoopSettings QUICK =
      new LoopSettings(
          new Leaving(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(1)),
          new Transition(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1)),
          Duration.ofSeconds(1),
          Duration.ofMinutes(2),
          Duration.ofMinutes(1));

  /// A clock that stands early in an hour, so that what runs is forecast for nearly all of it.
  static Clock twoMinutesIntoAnHour() {
    Instant real = Instant.now();
    Instant start = real.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS).plusSeconds(120);
    return Clock.offset(Clock.system(ZoneOffset.UTC), Duration.between(real, start));
  }

  final CollectorRegistry registry = new CollectorRegistry();

  /// Requests that are not reads, as `METHOD path`.
  final List<String> writes = new CopyOnWriteArrayList<>();

  /// Called with every request that is not a read, before it is sent.
  volatile Consumer<String> beforeWrite = _ -> {};

  final Assembly assembly;
  private final KubernetesClient client;
  private final Operator operator;

  RunningOperator(Cluster cluster, String home) {
    this(
        cluster,
        home,
        LoopSettings.DEFAULT,
        Clock.systemUTC(),
        Assembly::directives,
        RolloutPolicy.DEFAULT);
  }

  RunningOperator(Cluster cluster, String home, Directives directives, RolloutPolicy pace) {
    this(cluster, home, LoopSettings.DEFAULT, Clock.systemUTC(), _ -> directives, pace);
  }

  RunningOperator(Cluster cluster, String home, LoopSettings loop, Clock clock) {
    this(cluster, home, loop, clock, Assembly::directives, RolloutPolicy.DEFAULT);
  }

  private RunningOperator(
      Cluster cluster,
      String home,
      LoopSettings loop,
      Clock clock,
      Function<Assembly, Directives> directives,
      RolloutPolicy pace) {
    client = counting(cluster.restricted(home));
    assembly =
        new Assembly(
            client,
            new Assembly.Settings(
                home,
                new Images("comptroller/runtime:test", "vllm/vllm-openai:test"),
                "test",
                Duration.ofSeconds(1),
                loop),
            registry,
            clock);
    operator = new Operator(o -> o.withKubernetesClient(client).withCloseClientOnStop(false));
    operator.register(assembly.deployments(directives.apply(assembly), pace));
    operator.register(assembly.gpuNodePools());
    operator.register(assembly.budgets());
    assembly.watch();
    assembly.lead();
    operator.start();
  }

  private KubernetesClient counting(Config config) {
    Interceptor count =
        new Interceptor() {
          @Override
          public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            if (!request.method().equals("GET")) {
              String write = request.method() + " " + request.uri().getPath();
              beforeWrite.accept(write);
              writes.add(write);
            }
          }
        };
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientBuilderConsumer(b -> b.addOrReplaceInterceptor("count", count))
        .build();
  }

  @Override
  public void close() {
    operator.stop();
    assembly.close();
    client.close();
  }
}
