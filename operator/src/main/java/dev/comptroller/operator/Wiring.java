package dev.comptroller.operator;

import dev.comptroller.reconcile.Assembly;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.deployment.DeploymentActuator;
import dev.comptroller.reconcile.deployment.DeploymentGauges;
import dev.comptroller.reconcile.deployment.DeploymentObserver;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.work.Events;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.prometheus.client.CollectorRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;

/// The composition root: every bean that is not the framework's.
@Singleton
public final class Wiring {
  private static final String LEASE = "comptroller-operator";

  /// One registry for everything: the default would be a new one for each injection point.
  @Produces
  @Singleton
  CollectorRegistry registry() {
    return new CollectorRegistry();
  }

  @Produces
  @Singleton
  Assembly assembly(KubernetesClient client, OperatorConfig config, CollectorRegistry registry) {
    return new Assembly(
        client,
        new Assembly.Settings(
            namespace(client, config),
            config.images().runtime(),
            instance(config),
            config.scrape().interval()),
        registry,
        Clock.systemUTC());
  }

  void close(@Disposes Assembly assembly) {
    assembly.close();
  }

  // What the framework hands to the constructors of the reconcilers that it finds.

  @Produces
  @Singleton
  FleetView view(Assembly assembly) {
    return assembly.view();
  }

  @Produces
  @Singleton
  DeploymentObserver observer(Assembly assembly) {
    return assembly.observer();
  }

  @Produces
  @Singleton
  DeploymentActuator actuator(Assembly assembly) {
    return assembly.actuator();
  }

  @Produces
  @Singleton
  DeploymentGauges gauges(Assembly assembly) {
    return assembly.gauges();
  }

  @Produces
  @Singleton
  OperatorMetrics metrics(Assembly assembly) {
    return assembly.metrics();
  }

  @Produces
  @Singleton
  Events events(Assembly assembly) {
    return assembly.events();
  }

  @Produces
  @Singleton
  Pools pools(Assembly assembly) {
    return assembly.pools();
  }

  @Produces
  @Singleton
  Treasury treasury(Assembly assembly) {
    return assembly.treasury();
  }

  @Produces
  @Singleton
  Meter meter(Assembly assembly) {
    return assembly.meter();
  }

  @Produces
  @Singleton
  Clock clock(Assembly assembly) {
    return assembly.clock();
  }

  @Produces
  @Singleton
  Metrics reconcilerMetrics(CollectorRegistry registry) {
    return new ReconcilerMetrics(registry);
  }

  /// Read by the framework where leader election is on, which is in production.
  @Produces
  @Singleton
  LeaderElectionConfiguration leaderElection(
      KubernetesClient client, OperatorConfig config, Leadership leadership) {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
        .withLeaseNamespace(namespace(client, config))
        .withIdentity(instance(config))
        .withLeaderCallbacks(leadership.callbacks())
        .build();
  }

  private static String namespace(KubernetesClient client, OperatorConfig config) {
    return config
        .namespace()
        .or(() -> Optional.ofNullable(System.getenv("POD_NAMESPACE")))
        .or(() -> Optional.ofNullable(client.getNamespace()))
        .filter(name -> !name.isBlank())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no namespace: set COMPTROLLER_NAMESPACE to the installation's namespace"));
  }

  private static String instance(OperatorConfig config) {
    return config
        .instance()
        .or(() -> Optional.ofNullable(System.getenv("HOSTNAME")))
        .filter(name -> !name.isBlank())
        .orElseGet(() -> "operator-" + UUID.randomUUID());
  }
}
