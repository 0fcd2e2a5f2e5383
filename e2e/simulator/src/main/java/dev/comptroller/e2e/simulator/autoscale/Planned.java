package dev.comptroller.e2e.simulator.autoscale;

/// Follows a plan: replicas to be ready by minute, asked for as long before as they take to
/// start.
final class Planned implements ScalingPolicy {
  private final int[] ready;

  Planned(int... ready) {
    this.ready = ready.clone();
  }

  @Override
  public int replicas(View view) {
    return Math.max(at(view.now()), at(view.now() + view.startSeconds()));
  }

  private int at(double second) {
    return ready[Math.min(ready.length - 1, (int) (second / 60))];
  }
}
