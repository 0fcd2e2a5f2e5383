package dev.comptroller.operator;

import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.reconcile.Assembly;
import dev.comptroller.reconcile.budget.BudgetNews;
import dev.comptroller.reconcile.budget.NamespaceObserver;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.deployment.DeploymentActuator;
import dev.comptroller.reconcile.deployment.DeploymentGauges;
import dev.comptroller.reconcile.deployment.DeploymentObserver;
import dev.comptroller.reconcile.deployment.Directives;
import dev.comptroller.reconcile.deployment.RolloutObserver;
import dev.comptroller.reconcile.deployment.Scaler;
import dev.comptroller.reconcile.desired.Images;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.pool.PoolAccounts;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.provision.Provisioners;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.status.Publication;
import dev.comptroller.reconcile.work.Events;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.prometheus.client.CollectorRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Clock;

/// The composition root: every bean that is not the framework's.
@Singleton
public final class Wiring {
  /// One registry for everything: the default would be a new one for each injection point.
  @Produces
  @Singleton
  CollectorRegistry registry() {
    return new CollectorRegistry();
  }

  @Produces
  @Singleton
  Place place(KubernetesClient client, OperatorConfig config) {
    return Place.of(client, config);
  }

  @Produces
  @Singleton
  Assembly assembly(
      KubernetesClient client, Place place, OperatorConfig config, CollectorRegistry registry) {
    return new Assembly(
        client,
        new Assembly.Settings(
            place.namespace(),
            new Images(config.images().runtime(), config.images().vllm()),
            place.instance(),
            config.scrape().interval(),
            config.loop().settings(),
            config.gatewayTokenFile().map(Path::of).orElse(null)),
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
  RolloutObserver signals(Assembly assembly) {
    return assembly.signals();
  }

  @Produces
  @Singleton
  Directives directives(Assembly assembly) {
    return assembly.directives();
  }

  @Produces
  @Singleton
  RolloutPolicy pace(OperatorConfig config) {
    return Pace.of(config.rollout());
  }

  @Produces
  @Singleton
  Scaler scaler(Assembly assembly) {
    return assembly.scaler();
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
  PoolAccounts accounts(Assembly assembly) {
    return assembly.accounts();
  }

  @Produces
  @Singleton
  Publication publication(Assembly assembly) {
    return assembly.publication();
  }

  @Produces
  @Singleton
  Provisioners provisioners(Assembly assembly) {
    return assembly.provisioners();
  }

  @Produces
  @Singleton
  Treasury treasury(Assembly assembly) {
    return assembly.treasury();
  }

  @Produces
  @Singleton
  NamespaceObserver namespaces(Assembly assembly) {
    return assembly.namespaces();
  }

  @Produces
  @Singleton
  BudgetNews news(Assembly assembly) {
    return assembly.news();
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
  LeaderElectionConfiguration leaderElection(Place place, Leadership leadership) {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(Place.LEASE)
        .withLeaseNamespace(place.namespace())
        .withIdentity(place.instance())
        .withLeaderCallbacks(leadership.callbacks())
        .build();
  }
}
