package dev.comptroller.e2e.simulator.autoscale;

import java.util.ArrayDeque;
import java.util.Deque;

/// A plain loop on the rate of tokens: what came in the last minute, a quarter more, over what a
/// full replica serves; the highest answer of the last five minutes counts.
public final class Reactive implements ScalingPolicy {
  private static final double HEADROOM = 1.25;
  private static final int MINUTE = 60;
  private static final int ANSWERS = 300 / Fleet.TICK;

  private final Deque<Integer> answers = new ArrayDeque<>();

  @Override
  public int replicas(View view) {
    if (view.history().size() == 0) {
      return view.replicas();
    }
    double rate = view.history().last(MINUTE);
    answers.add((int) Math.ceil(rate * HEADROOM / view.fullRate()));
    if (answers.size() > ANSWERS) {
      answers.removeFirst();
    }
    return answers.stream().mapToInt(Integer::intValue).max().orElse(1);
  }
}
