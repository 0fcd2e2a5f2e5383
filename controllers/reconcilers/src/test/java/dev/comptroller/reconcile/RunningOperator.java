package dev.comptroller.reconcile;

import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.reconcile.deployment.Directives;
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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// The operator without its application: reconcilers and background work on a client of its own,
/// with the rights that it needs and no more.
final class RunningOperator implements AutoCloseable {
  final CollectorRegistry registry = new CollectorRegistry();

  /// Requests that are not reads, as `METHOD path`.
  final List<String> writes = new CopyOnWriteArrayList<>();

  private final KubernetesClient client;
  private final Assembly assembly;
  private final Operator operator;

  RunningOperator(Cluster cluster, String home) {
    this(cluster, home, Directives.NONE, RolloutPolicy.DEFAULT);
  }

  RunningOperator(Cluster cluster, String home, Directives directives, RolloutPolicy pace) {
    client = counting(cluster.restricted(home), writes);
    assembly =
        new Assembly(
            client,
            new Assembly.Settings(home, "comptroller/runtime:test", "test", Duration.ofSeconds(1)),
            registry,
            Clock.systemUTC());
    operator = new Operator(o -> o.withKubernetesClient(client).withCloseClientOnStop(false));
    operator.register(assembly.deployments(directives, pace));
    operator.register(assembly.gpuNodePools());
    operator.register(assembly.budgets());
    assembly.watch();
    assembly.lead();
    operator.start();
  }

  private static KubernetesClient counting(Config config, List<String> writes) {
    Interceptor count =
        new Interceptor() {
          @Override
          public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            if (!request.method().equals("GET")) {
              writes.add(request.method() + " " + request.uri().getPath());
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
