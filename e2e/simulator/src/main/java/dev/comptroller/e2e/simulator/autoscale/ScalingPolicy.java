package dev.comptroller.e2e.simulator.autoscale;

/// Says how many replicas there should be; one object for one run, as it may remember.
public interface ScalingPolicy {
  /// Replicas, those that start included, for what is seen.
  int replicas(View view);
}
