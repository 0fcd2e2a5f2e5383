package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Demand.Flow;
import dev.comptroller.e2e.simulator.world.Service.Rung;
import dev.comptroller.e2e.simulator.world.Speed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What perfect knowledge would buy with the same dollars: an upper bound of any plan.
///
/// For every `hold` one rung serves with a whole number of replicas, at the prices of that time;
/// starting, warming, draining and changing cost nothing and take no time. Each such choice is a
/// point (dollars, value). Of the points of a step only their upper concave envelope matters, and
/// the best plan for an amount takes pieces of all envelopes in the order of value per dollar,
/// until the amount is gone; the last piece in part. This is exact for the linear relaxation, so
/// no plan of whole replicas is better.
public final class Oracle {
  private static final double ENOUGH = 0.995;

  private Oracle() {}

  /// What `count` replicas of a rung cost an hour at a second, in micro-dollars.
  @FunctionalInterface
  public interface Cost {
    /// The cost of `count` replicas of the `rung`-th rung.
    double of(long second, int rung, int count);
  }

  /// A plan's worth.
  ///
  /// @param value tokens, or tokens times quality
  /// @param micros what it costs
  public record Worth(double value, double micros) {}

  private record Piece(double micros, double value) {
    double slope() {
      return micros == 0 ? Double.MAX_VALUE : value / micros;
    }
  }

  /// What comes at a second.
  ///
  /// @param requests requests a second
  /// @param mix tokens of a request
  record Load(double requests, Speed.Mix mix) {
    static Load at(Demand demand, long second) {
      double requests = 0;
      double input = 0;
      double output = 0;
      for (Flow flow : demand.at(second)) {
        requests += flow.requests();
        input += flow.requests() * flow.input();
        output += flow.requests() * flow.output().mean();
      }
      return requests == 0
          ? new Load(0, new Speed.Mix(0, 0))
          : new Load(requests, new Speed.Mix(input / requests, output / requests));
    }

    /// Tokens of a request.
    double tokens() {
      return mix.total();
    }

    /// Requests a second that a replica of a rung can serve.
    double speed(Rung rung) {
      return requests == 0 ? 0 : rung.speed().requests(mix);
    }
  }

  /// What an oracle is up against.
  ///
  /// @param start first second
  /// @param end first second after it
  /// @param hold seconds for which a choice holds: 0 for a step of the demand
  /// @param demand what clients ask for
  /// @param rungs how they can be served
  /// @param cost what that costs
  /// @param most replicas of a rung, at most
  /// @param quality whether tokens count by the quality of their rung
  public record World(
      long start,
      long end,
      long hold,
      Demand demand,
      List<Rung> rungs,
      Cost cost,
      int most,
      boolean quality) {}

  /// The best use of `micros`.
  public static Worth best(World world, double micros) {
    double left = micros;
    double value = 0;
    for (Piece piece : pieces(world)) {
      double part = piece.micros() <= left ? 1 : left / piece.micros();
      value += part * piece.value();
      left -= part * piece.micros();
      if (left <= 0) {
        break;
      }
    }
    return new Worth(value, micros - Math.max(0, left));
  }

  /// The least dollars for `value`; all of them where it cannot be had.
  public static Worth least(World world, double value) {
    double missing = value;
    double micros = 0;
    for (Piece piece : pieces(world)) {
      double part = piece.value() <= missing ? 1 : missing / piece.value();
      micros += part * piece.micros();
      missing -= part * piece.value();
      if (missing <= 0) {
        break;
      }
    }
    return new Worth(value - Math.max(0, missing), micros);
  }

  /// The least dollars for `value` with one whole fleet from start to end; where none serves as
  /// much, those of the one that serves most.
  public static Worth fixed(World world, double value) {
    Piece best = new Piece(0, 0);
    for (Piece point : points(world, world.start(), world.end())) {
      boolean enough = point.value() >= value * ENOUGH;
      boolean had = best.value() >= value * ENOUGH;
      boolean cheaper = enough && (!had || point.micros() < best.micros());
      best = cheaper || (!had && point.value() > best.value()) ? point : best;
    }
    return new Worth(best.value(), best.micros());
  }

  private static List<Piece> pieces(World world) {
    List<Piece> pieces = new ArrayList<>();
    long hold = Math.max(world.hold(), world.demand().step());
    for (long second = world.start(); second < world.end(); second += hold) {
      pieces.addAll(envelope(points(world, second, Math.min(world.end(), second + hold))));
    }
    pieces.sort(Comparator.comparingDouble(Piece::slope).reversed());
    return pieces;
  }

  private static List<Piece> points(World world, long from, long to) {
    List<Piece> points = new ArrayList<>();
    points.add(new Piece(0, 0));
    for (int rung = 0; rung < world.rungs().size(); rung++) {
      for (int count = 1; count <= world.most(); count++) {
        points.add(point(world, from, to, rung, count));
      }
    }
    return points;
  }

  /// `count` replicas of a rung from `from` to `to`.
  private static Piece point(World world, long from, long to, int rung, int count) {
    double micros = 0;
    double value = 0;
    double weight = world.quality() ? world.rungs().get(rung).quality() : 1;
    for (long second = from; second < to; second += world.demand().step()) {
      long seconds = Math.min(world.demand().step(), to - second);
      Load load = Load.at(world.demand(), second);
      micros += world.cost().of(second, rung, count) * seconds / 3600;
      double done = Math.min(load.requests(), count * load.speed(world.rungs().get(rung)));
      value += done * load.tokens() * seconds * weight;
    }
    return new Piece(micros, value);
  }

  /// The pieces of the upper concave envelope, steepest first.
  private static List<Piece> envelope(List<Piece> points) {
    points.sort(
        Comparator.comparingDouble(Piece::micros)
            .thenComparing(Comparator.comparingDouble(Piece::value).reversed()));
    List<Piece> hull = new ArrayList<>();
    for (Piece point : points) {
      if (!hull.isEmpty() && point.value() <= hull.getLast().value()) {
        continue;
      }
      while (hull.size() > 1 && !turnsDown(hull.get(hull.size() - 2), hull.getLast(), point)) {
        hull.removeLast();
      }
      hull.add(point);
    }
    List<Piece> pieces = new ArrayList<>();
    for (int i = 1; i < hull.size(); i++) {
      pieces.add(
          new Piece(
              hull.get(i).micros() - hull.get(i - 1).micros(),
              hull.get(i).value() - hull.get(i - 1).value()));
    }
    return pieces;
  }

  private static boolean turnsDown(Piece first, Piece second, Piece third) {
    return (second.value() - first.value()) * (third.micros() - second.micros())
        > (third.value() - second.value()) * (second.micros() - first.micros());
  }
}
