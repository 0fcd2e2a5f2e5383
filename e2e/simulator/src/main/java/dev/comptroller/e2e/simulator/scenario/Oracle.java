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
/// In every step one rung serves with a whole number of replicas, at the prices of that step;
/// starting, warming, draining and changing cost nothing and take no time. Each such choice is a
/// point (dollars, value). Of the points of a step only their upper concave envelope matters, and
/// the best plan for an amount takes pieces of all envelopes in the order of value per dollar, until
/// the amount is gone; the last piece in part. This is exact for the linear relaxation, so no plan
/// of whole replicas is better.
public final class Oracle {
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

  /// The best use of `micros` from `start` to `end`.
  ///
  /// @param most replicas of a rung, at most
  /// @param quality whether tokens count by the quality of their rung
  public static Worth best(
      long start,
      long end,
      double micros,
      Demand demand,
      List<Rung> rungs,
      Cost cost,
      int most,
      boolean quality) {
    List<Piece> pieces = new ArrayList<>();
    for (long second = start; second < end; second += demand.step()) {
      long seconds = Math.min(demand.step(), end - second);
      pieces.addAll(envelope(points(second, seconds, demand, rungs, cost, most, quality)));
    }
    pieces.sort(Comparator.comparingDouble(Piece::slope).reversed());
    double left = micros;
    double value = 0;
    for (Piece piece : pieces) {
      double part = piece.micros() <= left ? 1 : left / piece.micros();
      value += part * piece.value();
      left -= part * piece.micros();
      if (left <= 0) {
        break;
      }
    }
    return new Worth(value, micros - Math.max(0, left));
  }

  private static List<Piece> points(
      long second,
      long seconds,
      Demand demand,
      List<Rung> rungs,
      Cost cost,
      int most,
      boolean quality) {
    double requests = 0;
    double input = 0;
    double output = 0;
    for (Flow flow : demand.at(second)) {
      requests += flow.requests();
      input += flow.requests() * flow.input();
      output += flow.requests() * flow.output().mean();
    }
    List<Piece> points = new ArrayList<>();
    points.add(new Piece(0, 0));
    if (requests == 0) {
      return points;
    }
    Speed.Mix mix = new Speed.Mix(input / requests, output / requests);
    for (int rung = 0; rung < rungs.size(); rung++) {
      double one = rungs.get(rung).speed().requests(mix);
      double weight = quality ? rungs.get(rung).quality() : 1;
      for (int count = 1; count <= most && (count - 1) * one < requests; count++) {
        double tokens = Math.min(requests, count * one) * mix.total() * seconds;
        points.add(new Piece(cost.of(second, rung, count) * seconds / 3600, tokens * weight));
      }
    }
    return points;
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
