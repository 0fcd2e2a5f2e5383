package dev.comptroller.e2e.simulator.autoscale;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;

/// The Horizontal Pod Autoscaler of Kubernetes on a metric of each pod.
///
/// From Kubernetes' documentation, "Horizontal Pod Autoscaling":
///
/// 1. `desired = ceil(pods * mean / target)`; within a tolerance of 10 % of the target nothing
///    changes. Pods that are not ready are set aside; where the rest ask for more, they count as
///    pods at zero, and if that turns the answer round, nothing changes.
/// 2. Down: the highest answer of the last 300 s counts. Up: at once.
/// 3. Up in 15 s: at most to twice as many, or 4 more, whichever is more. Down: without limit.
public final class Hpa implements ScalingPolicy {
  private static final double TOLERANCE = 0.1;
  private static final int WINDOW = 300;

  private final Function<View, int[]> metric;
  private final double target;
  private final Behaviour behaviour = new Behaviour();

  private Hpa(Function<View, int[]> metric, double target) {
    this.metric = metric;
    this.target = target;
  }

  /// On requests waiting in each pod.
  public static Hpa onQueue(double target) {
    return new Hpa(View::waiting, target);
  }

  /// On requests in the batch of each pod.
  public static Hpa onConcurrency(double target) {
    return new Hpa(View::running, target);
  }

  @Override
  public int replicas(View view) {
    return behaviour.next(view.now(), view.replicas(), desired(view));
  }

  private int desired(View view) {
    long sum = 0;
    for (int value : metric.apply(view)) {
      sum += value;
    }
    int pods = view.replicas();
    double ratio = sum / target / Math.max(1, view.ready());
    if (Math.abs(ratio - 1) <= TOLERANCE) {
      return pods;
    }
    if (view.starting() == 0 || ratio < 1) {
      return (int) Math.ceil(ratio * view.ready());
    }
    double all = sum / target / pods;
    return all < 1 + TOLERANCE ? pods : (int) Math.ceil(all * pods);
  }

  /// How answers become numbers of replicas: step 2 and 3.
  static final class Behaviour {
    private record Answer(double at, int replicas) {}

    private final Deque<Answer> answers = new ArrayDeque<>();

    int next(double now, int current, int desired) {
      answers.add(new Answer(now, desired));
      while (answers.getFirst().at() <= now - WINDOW) {
        answers.removeFirst();
      }
      int highest = answers.stream().mapToInt(Answer::replicas).max().orElse(desired);
      int steady = desired < current ? Math.min(current, highest) : desired;
      return Math.clamp(steady, 1, Math.max(2 * current, current + 4));
    }
  }
}
