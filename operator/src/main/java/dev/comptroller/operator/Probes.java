package dev.comptroller.operator;

import dev.comptroller.reconcile.Assembly;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Ready while all watches run, leading or not: a process that waits for the lease is well.
@Singleton
@Readiness
public final class Probes implements HealthCheck {
  private final Assembly assembly;
  private final Leadership leadership;

  Probes(Assembly assembly, Leadership leadership) {
    this.assembly = assembly;
    this.leadership = leadership;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("caches")
        .status(assembly.isWatching())
        .withData("leading", leadership.isLeading())
        .build();
  }
}
