package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// When a probe runs and how many results count, with Kubernetes' defaults.
record ProbeSettings(
    Duration initialDelay,
    Duration period,
    Duration timeout,
    int successThreshold,
    int failureThreshold) {

  static ProbeSettings of(Probe probe) {
    return new ProbeSettings(
        Duration.ofSeconds(or(probe.getInitialDelaySeconds(), 0)),
        Duration.ofSeconds(Math.max(1, or(probe.getPeriodSeconds(), 10))),
        Duration.ofSeconds(Math.max(1, or(probe.getTimeoutSeconds(), 1))),
        Math.max(1, or(probe.getSuccessThreshold(), 1)),
        Math.max(1, or(probe.getFailureThreshold(), 3)));
  }

  private static int or(@Nullable Integer value, int fallback) {
    return value == null ? fallback : value;
  }
}
