package dev.comptroller.e2e.simulator.autoscale;

/// KEDA with a Prometheus trigger on all requests that wait, as vLLM's production stack sets it
/// up.
///
/// From KEDA's documentation, "Scaling Deployments" and "ScaledObject specification": KEDA hands
/// the sum to a Horizontal Pod Autoscaler as an external metric of the type AverageValue, so
/// `desired = ceil(sum / threshold)` over all pods, ready or not; the value is that of the last
/// poll, every 30 s (the default interval, with cached metrics). The cooldown of 300 s is about
/// the step to zero and does nothing where one replica is the least.
public final class Keda implements ScalingPolicy {
  private static final int POLLING = 30;
  private static final double TOLERANCE = 0.1;

  private final double threshold;
  private final Hpa.Behaviour behaviour = new Hpa.Behaviour();
  private double polled = Double.NEGATIVE_INFINITY;
  private int waiting;

  /// A trigger with this threshold for each pod.
  public Keda(double threshold) {
    this.threshold = threshold;
  }

  @Override
  public int replicas(View view) {
    if (view.now() - polled >= POLLING) {
      polled = view.now();
      waiting = view.allWaiting();
    }
    int pods = view.replicas();
    double ratio = waiting / threshold / pods;
    int desired =
        Math.abs(ratio - 1) <= TOLERANCE ? pods : Math.max(1, (int) Math.ceil(waiting / threshold));
    return behaviour.next(view.now(), pods, desired);
  }
}
