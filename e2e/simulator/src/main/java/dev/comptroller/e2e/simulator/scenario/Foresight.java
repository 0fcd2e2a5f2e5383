package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Service.Rung;
import java.util.List;

/// What perfect foresight could do under the physics that a run is under too: a bound that no plan
/// beats, and the best plan that was found.
///
/// A plan is one rung and a whole number of ready replicas at every instant. A replica costs from
/// its start on and serves [Physics#start] seconds later; one that leaves costs a little longer; a
/// change of rung starts the new replicas while the old ones serve, keeps the old ones until their
/// streams end, and comes no sooner than the dwell after the change before. From the first replica
/// on there are no fewer than the owner's floor. Requests are served as they come: what waits for a
/// replica while others come counts neither here nor for a run, see `promptTokens` of its tally.
/// Where nobody can act, nothing changes.
///
/// The bound is Lagrange's: for a price of a token the plan that is worth most less its dollars is
/// found exactly, by dynamic programming over slots of time; the price is then varied. For fixed
/// states a plan's worth is piecewise linear in the instants at which it changes, with kinks where
/// demand or prices change, so that an optimum changes only a whole number of starts and dwells
/// away from one of these: where all of them are whole slots, no plan between slots is better.
///
/// What it may do that nobody can: know everything, start without fail, switch traffic at once, and
/// take replicas back within the dwell. It may not let two rungs serve at once.
public final class Foresight {
  private static final int SEARCHES = 20;
  private static final double WIDTH = 1_000;
  private static final double[] LEVEL = {0};
  private static final double[] BOTH = {0, 0.05};
  private static final double HOUR = 3600;

  private final World world;
  private final Slots slots;

  private Foresight(World world) {
    this.world = world;
    this.slots = Slots.of(world);
  }

  /// What one replica costs an hour.
  @FunctionalInterface
  public interface Cost {
    /// Micro-dollars of a replica of the `rung`-th rung for an hour at a second.
    double of(long second, int rung);
  }

  /// How long things take, in seconds.
  ///
  /// @param slot of time: demand and prices change at whole slots
  /// @param start from the start of a replica until it serves, whole slots
  /// @param leave that a replica which leaves goes on to cost
  /// @param change that a replica of the old rung goes on to cost after a change
  /// @param dwell between two changes of rung, whole slots
  public record Physics(long slot, long start, long leave, long change, long dwell) {
    public Physics {
      if (slot <= 0 || start % slot != 0 || dwell % slot != 0) {
        throw new IllegalArgumentException(
            "start %d s and dwell %d s are not whole slots of %d s".formatted(start, dwell, slot));
      }
    }
  }

  /// A time in which nobody can act.
  ///
  /// @param from its first second
  /// @param until its end
  public record Frozen(long from, long until) {}

  /// What foresight is up against.
  ///
  /// @param start first second
  /// @param end first second after it
  /// @param running whether whatever it likes runs already at the start, instead of nothing
  /// @param demand what clients ask for
  /// @param rungs how they can be served
  /// @param cost what that costs
  /// @param least replicas that stay once there are any
  /// @param most replicas of a rung, at most
  /// @param quality whether tokens count by the quality of their rung
  /// @param physics how long things take
  /// @param frozen when nobody can act
  public record World(
      long start,
      long end,
      boolean running,
      Demand demand,
      List<Rung> rungs,
      Cost cost,
      int least,
      int most,
      boolean quality,
      Physics physics,
      List<Frozen> frozen) {
    public World {
      rungs = List.copyOf(rungs);
      frozen = List.copyOf(frozen);
      if ((end - start) % physics.slot() != 0 || start % physics.slot() != 0) {
        throw new IllegalArgumentException(
            "%d to %d is not whole slots of %d s".formatted(start, end, physics.slot()));
      }
    }

    int states() {
      return rungs.size() * (most + 1);
    }

    double weight(int rung) {
      return quality ? rungs.get(rung).quality() : 1;
    }

    /// Whether nobody can act at the begin of a slot: of what is frozen, whole slots count.
    boolean isFrozen(long second) {
      long before = second - physics.slot();
      long after = second + physics.slot();
      return frozen.stream().anyMatch(each -> each.from() <= before && after <= each.until());
    }
  }

  /// A plan.
  ///
  /// @param value tokens, or tokens times quality
  /// @param micros what it costs
  public record Plan(double value, double micros) {}

  /// A bound and how far from it the best plan is.
  ///
  /// @param limit no plan reaches more value, or costs less
  /// @param plan the best that was found which keeps to what was asked
  public record Bound(double limit, Plan plan) {}

  /// The most value that `micros` buy.
  public static Bound most(World world, double micros) {
    return most(world, micros, BOTH);
  }

  /// The value that no plan for `micros` reaches, without the search for one that comes close.
  public static double limit(World world, double micros) {
    return most(world, micros, LEVEL).limit();
  }

  private static Bound most(World world, double micros, double[] tilts) {
    Foresight foresight = new Foresight(world);
    Plan best = new Plan(0, 0);
    double limit = Double.MAX_VALUE;
    for (double tilt : tilts) {
      Search search = new Search(foresight.scale());
      for (int i = 0; i < SEARCHES; i++) {
        double price = search.price();
        Plan plan = foresight.best(price, tilt);
        double worth = price * plan.value() - plan.micros();
        limit = tilt == 0 ? Math.min(limit, (worth + micros) / price) : limit;
        boolean fits = plan.micros() <= micros;
        best = fits && plan.value() > best.value() ? plan : best;
        search.move(fits);
      }
    }
    return new Bound(limit, best);
  }

  /// The fewest dollars for which `value` can be had, in micro-dollars.
  public static Bound least(World world, double value) {
    Foresight foresight = new Foresight(world);
    Plan best = new Plan(0, Double.MAX_VALUE);
    double limit = 0;
    for (double tilt : BOTH) {
      Search search = new Search(foresight.scale());
      for (int i = 0; i < SEARCHES; i++) {
        double price = search.price();
        Plan plan = foresight.best(price, tilt);
        double worth = price * plan.value() - plan.micros();
        limit = tilt == 0 ? Math.max(limit, price * value - worth) : limit;
        boolean enough = plan.value() >= value;
        best = enough && plan.micros() < best.micros() ? plan : best;
        search.move(!enough);
      }
    }
    return new Bound(limit, best);
  }

  /// A price of a token for which two plans are worth the same: a search by halves in powers.
  private static final class Search {
    private double low;
    private double high;

    Search(double scale) {
      low = Math.log(scale / WIDTH);
      high = Math.log(scale * WIDTH);
    }

    double price() {
      return Math.exp((low + high) / 2);
    }

    void move(boolean up) {
      double middle = (low + high) / 2;
      low = up ? middle : low;
      high = up ? high : middle;
    }
  }

  /// Micro-dollars of a token on a busy replica of the first rung: where a price is looked for.
  private double scale() {
    int one = 1;
    for (int slot = 0; slot < slots.count(); slot++) {
      if (slots.value(slot, one) > 0 && slots.micros(slot, one) > 0) {
        return slots.micros(slot, one) / slots.value(slot, one);
      }
    }
    return 1;
  }

  /// The plan that is worth most at this price of a token.
  private Plan best(double price, double tilt) {
    return new Walk(world, slots, price, tilt).walk();
  }

  /// Figures of all slots, by state: `rung * (most + 1) + replicas`.
  static final class Slots {
    private final World world;
    private final double[] value;
    private final double[] micros;
    private final double[] hourly;
    private final boolean[] frozen;
    private final int count;

    private Slots(World world) {
      this.world = world;
      count = Math.toIntExact((world.end() - world.start()) / world.physics().slot());
      value = new double[count * world.states()];
      micros = new double[count * world.states()];
      hourly = new double[count * world.rungs().size()];
      frozen = new boolean[count];
    }

    static Slots of(World world) {
      Slots slots = new Slots(world);
      for (int slot = 0; slot < slots.count; slot++) {
        slots.fill(slot);
      }
      return slots;
    }

    int count() {
      return count;
    }

    /// Value that a state serves in a slot of what comes in it.
    double value(int slot, int state) {
      return value[slot * world.states() + state];
    }

    /// What a state costs in a slot.
    double micros(int slot, int state) {
      return micros[slot * world.states() + state];
    }

    /// Whether nobody can act at the slot's begin.
    boolean frozen(int slot) {
      return frozen[slot];
    }

    /// Micro-dollars of a replica for the `seconds` from a slot's begin on, at the least.
    double after(int slot, int rung, long seconds) {
      double least = Double.MAX_VALUE;
      long until = Math.min(count, slot + Math.ceilDiv(seconds, world.physics().slot()));
      for (int each = slot; each < until; each++) {
        least = Math.min(least, hourly[each * world.rungs().size() + rung]);
      }
      return until <= slot ? 0 : least * seconds / HOUR;
    }

    /// Micro-dollars of a replica while it starts, so that it serves from the slot on; endless if
    /// it would have had to start when nobody could act.
    double start(int slot, int rung) {
      int first = slot - Math.toIntExact(world.physics().start() / world.physics().slot());
      if (first < 0 ? !world.running() : frozen[first]) {
        return Double.POSITIVE_INFINITY;
      }
      double sum = 0;
      for (int each = Math.max(0, first); each < slot; each++) {
        sum += hourly[each * world.rungs().size() + rung];
      }
      return sum * world.physics().slot() / HOUR;
    }

    private void fill(int slot) {
      long seconds = world.physics().slot();
      long second = world.start() + slot * seconds;
      Oracle.Load load = Oracle.Load.at(world.demand(), second);
      frozen[slot] = world.isFrozen(second);
      for (int rung = 0; rung < world.rungs().size(); rung++) {
        double each = world.cost().of(second, rung);
        hourly[slot * world.rungs().size() + rung] = each;
        double speed = load.speed(world.rungs().get(rung));
        for (int replicas = 0; replicas <= world.most(); replicas++) {
          int state = rung * (world.most() + 1) + replicas;
          int at = slot * world.states() + state;
          double served = Math.min(load.requests(), replicas * speed);
          value[at] = served * load.tokens() * seconds * world.weight(rung);
          micros[at] = replicas * each * seconds / HOUR;
        }
      }
    }
  }
}
