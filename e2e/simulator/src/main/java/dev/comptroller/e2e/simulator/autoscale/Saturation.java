package dev.comptroller.e2e.simulator.autoscale;

import java.util.ArrayDeque;
import java.util.Deque;

/// The saturation rules of llm-d's Workload Variant Autoscaler, for one variant.
///
/// From its documentation, "Saturation Analyzer" (the rules by percentages), with its defaults:
///
/// 1. Signals are peaks of the last minute. A replica is saturated at 80 % of its cache or 5
///    waiting requests. The spare of the others is what they lack to that, on average.
/// 2. Spare cache under 10 % or spare queue under 3, or none that is not saturated: one replica
///    more than are ready, unless some are pending.
/// 3. One less if, all load of the unsaturated spread over one less, the spares stay above those
///    triggers, and two or more are unsaturated.
/// 4. It looks every 30 s; the answer reaches the fleet through a Horizontal Pod Autoscaler with
///    its default behaviour, which takes the highest answer of 300 s on the way down.
public final class Saturation implements ScalingPolicy {
  private static final double KV = 0.80;
  private static final double QUEUE = 5;
  private static final double KV_SPARE = 0.10;
  private static final double QUEUE_SPARE = 3;
  private static final int INTERVAL = 30;
  private static final int PEAKS = 60 / Fleet.TICK;

  private final Deque<View> seen = new ArrayDeque<>();
  private final Hpa.Behaviour behaviour = new Hpa.Behaviour();
  private double looked = Double.NEGATIVE_INFINITY;
  private int answer = 1;

  @Override
  public int replicas(View view) {
    seen.add(view);
    if (seen.size() > PEAKS) {
      seen.removeFirst();
    }
    if (view.now() - looked >= INTERVAL) {
      looked = view.now();
      answer = desired(view);
    }
    return behaviour.next(view.now(), view.replicas(), answer);
  }

  private int desired(View view) {
    int unsaturated = 0;
    double kv = 0;
    double queue = 0;
    for (int i = 0; i < view.ready(); i++) {
      double kvPeak = 0;
      double queuePeak = 0;
      for (View past : seen) {
        if (past.ready() == view.ready()) {
          kvPeak = Math.max(kvPeak, past.kvUse()[i]);
          queuePeak = Math.max(queuePeak, past.waiting()[i]);
        }
      }
      if (kvPeak < KV && queuePeak < QUEUE) {
        unsaturated++;
        kv += kvPeak;
        queue += queuePeak;
      }
    }
    boolean more =
        unsaturated == 0
            || KV - kv / unsaturated < KV_SPARE
            || QUEUE - queue / unsaturated < QUEUE_SPARE;
    if (more) {
      return view.starting() > 0 ? view.replicas() : view.ready() + 1;
    }
    boolean less =
        unsaturated >= 2
            && KV - kv / (unsaturated - 1) >= KV_SPARE
            && QUEUE - queue / (unsaturated - 1) >= QUEUE_SPARE;
    return less ? view.replicas() - 1 : view.replicas();
  }
}
