package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.e2e.simulator.scenario.Foresight.Plan;
import dev.comptroller.e2e.simulator.scenario.Foresight.Slots;
import dev.comptroller.e2e.simulator.scenario.Foresight.World;
import java.util.Arrays;

/// The plan that is worth most at a price of a token, less its dollars, found from slot to slot.
///
/// A state is a rung, its ready replicas and how many slots ago the rung changed. A replica that is
/// ready at a slot was paid for from its start on, so that what starts needs no state of its own.
///
/// At a critical price whole stretches of a plan tip over at once. A tilt, by which later tokens
/// count a little more than earlier ones, makes them tip one after the other: what it finds is a
/// plan like any other, but not a bound.
final class Walk {
  private final World world;
  private final Slots slots;
  private final double price;
  private final double tilt;
  private final int dwell;
  private final int size;
  private double[] worth;
  private double[] micros;
  private double[] nextWorth;
  private double[] nextMicros;
  private double[] value;
  private double[] nextValue;

  Walk(World world, Slots slots, double price, double tilt) {
    this.world = world;
    this.slots = slots;
    this.price = price;
    this.tilt = tilt;
    dwell = Math.toIntExact(world.physics().dwell() / world.physics().slot());
    size = world.most() + 1;
    worth = new double[(dwell + 1) * world.states()];
    micros = new double[worth.length];
    nextWorth = new double[worth.length];
    nextMicros = new double[worth.length];
    value = new double[worth.length];
    nextValue = new double[worth.length];
  }

  Plan walk() {
    Arrays.fill(worth, Double.NEGATIVE_INFINITY);
    for (int state = 0; state < world.states(); state++) {
      if (world.running() ? state % size >= world.least() : state % size == 0) {
        worth[at(dwell, state)] = 0;
      }
    }
    for (int slot = 0; slot < slots.count(); slot++) {
      Arrays.fill(nextWorth, Double.NEGATIVE_INFINITY);
      boolean begun = slot > 0 || !world.running();
      for (int age = 0; age <= dwell; age++) {
        for (int rung = 0; rung < world.rungs().size(); rung++) {
          stay(age, rung);
          if (begun) {
            grow(slot, age, rung);
            shrink(slot, age, rung);
          }
        }
      }
      if (begun) {
        change(slot);
      }
      serve(slot);
      swap();
    }
    int best = 0;
    for (int i = 1; i < worth.length; i++) {
      best = worth[i] > worth[best] ? i : best;
    }
    return new Plan(value[best], micros[best]);
  }

  private int at(int age, int state) {
    return age * world.states() + state;
  }

  private void swap() {
    double[] oldWorth = worth;
    double[] oldMicros = micros;
    double[] oldValue = value;
    worth = nextWorth;
    micros = nextMicros;
    value = nextValue;
    nextWorth = oldWorth;
    nextMicros = oldMicros;
    nextValue = oldValue;
  }

  /// Goes on from `from` by spending `cost`, if nothing better goes on there.
  private void reach(int to, int from, double cost) {
    if (worth[from] - cost > nextWorth[to]) {
      nextWorth[to] = worth[from] - cost;
      nextMicros[to] = micros[from] + cost;
      nextValue[to] = value[from];
    }
  }

  private void stay(int age, int rung) {
    for (int state = rung * size; state < rung * size + size; state++) {
      int from = at(age, state);
      reach(at(Math.min(age + 1, dwell), state), from, 0);
    }
  }

  /// More replicas of the same rung, each for the price of its start.
  private void grow(int slot, int age, int rung) {
    double start = slots.start(slot, rung);
    if (start < Double.POSITIVE_INFINITY) {
      sweep(age, rung, 1, start);
    }
  }

  /// Fewer replicas of the same rung, each for the price of its end.
  private void shrink(int slot, int age, int rung) {
    if (!slots.frozen(slot)) {
      sweep(age, rung, -1, slots.after(slot, rung, world.physics().leave()));
    }
  }

  private void sweep(int age, int rung, int way, double step) {
    int best = -1;
    double cost = 0;
    for (int i = 0; i < size; i++) {
      int state = rung * size + (way > 0 ? i : size - 1 - i);
      if (best >= 0 && state % size >= world.least()) {
        reach(at(Math.min(age + 1, dwell), state), best, cost);
      }
      int from = at(age, state);
      if (best < 0 || worth[from] > worth[best] - cost) {
        best = from;
        cost = 0;
      }
      cost += step;
    }
  }

  /// Another rung, where this one has served for its dwell.
  private void change(int slot) {
    for (int to = 0; to < world.rungs().size(); to++) {
      double start = slots.start(slot, to);
      int best = -1;
      double cost = 0;
      for (int state = 0; state < world.states(); state++) {
        int from = at(dwell, state);
        double end = state % size * slots.after(slot, state / size, world.physics().change());
        boolean better = best < 0 || worth[from] - end > worth[best] - cost;
        if (state / size != to && better) {
          best = from;
          cost = end;
        }
      }
      for (int i = Math.max(1, world.least());
          i < size && best >= 0 && start < Double.POSITIVE_INFINITY;
          i++) {
        reach(at(Math.min(1, dwell), to * size + i), best, cost + i * start);
      }
    }
  }

  private void serve(int slot) {
    double tilted = price * (1 + tilt * ((double) slot / slots.count() - 0.5));
    for (int age = 0; age <= dwell; age++) {
      for (int state = 0; state < world.states(); state++) {
        int at = at(age, state);
        nextWorth[at] += tilted * slots.value(slot, state) - slots.micros(slot, state);
        nextMicros[at] += slots.micros(slot, state);
        nextValue[at] += slots.value(slot, state);
      }
    }
  }
}
