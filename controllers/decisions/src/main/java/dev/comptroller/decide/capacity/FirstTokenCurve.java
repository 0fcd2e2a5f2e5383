package dev.comptroller.decide.capacity;

import dev.comptroller.decide.capacity.Bends.Bend;
import dev.comptroller.decide.capacity.Bends.Place;
import dev.comptroller.decide.capacity.Bends.Scales;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// How long a first token takes: the lines, times what they are off by in the neighbourhood
/// (a Gaussian process over the logarithms of their ratio).
///
/// - No bend is further than [#FURTHEST] from the lines, and where nothing was seen in one of the
///   three directions the nearest that was seen is taken.
/// - A time that its neighbours do not bear out counts less: one pause moves nothing much.
///
/// @param lines what is bent
/// @param scales how bends hang together
/// @param places where first tokens were seen
/// @param pulls what each of them adds, in parts of what it has in common with the place asked
public record FirstTokenCurve(
    FirstTokenCost lines, Scales scales, List<Place> places, List<Double> pulls) {
  /// Logarithm of the most that a bend is: twice as long or half as long.
  static final double FURTHEST = Math.log(2);

  /* How much noisier than usual samples may be; the noisier they seem, the flatter are bends. */
  private static final double[] NOISIER = {1, 3, 9};

  public FirstTokenCurve {
    places = List.copyOf(places);
    pulls = List.copyOf(pulls);
    if (places.size() != pulls.size()) {
      throw new IllegalArgumentException(
          "%d places and %d pulls".formatted(places.size(), pulls.size()));
    }
  }

  /// The lines as they are.
  public static FirstTokenCurve straight(FirstTokenCost lines) {
    return new FirstTokenCurve(lines, Scales.CALIBRATED, List.of(), List.of());
  }

  /// The lines with the bends that were seen: how noisy samples are and how much the lines are bent
  /// is what makes each place the most likely by the others.
  static FirstTokenCurve bent(FirstTokenCost lines, Bends bends, Scales usual) {
    Scales scales = usual;
    double[] pulls = new double[bends.seen().size()];
    double most = Double.NEGATIVE_INFINITY;
    for (double noisier : NOISIER) {
      Scales each = usual.with(usual.height() / noisier, noisier * usual.noise());
      Pulls found = pulls(lines, bends, each);
      double unusual = 2 * Math.log(noisier) * Math.log(noisier);
      if (found.likelihood() - unusual > most) {
        most = found.likelihood() - unusual;
        scales = each;
        pulls = found.values();
      }
    }
    return new FirstTokenCurve(
        lines,
        scales,
        bends.seen().stream().map(Bend::place).toList(),
        Arrays.stream(pulls).boxed().toList());
  }

  private static Pulls pulls(FirstTokenCost lines, Bends bends, Scales scales) {
    List<Bend> seen = bends.seen();
    int size = seen.size();
    double[][] common = new double[size][size];
    double[] off = new double[size];
    double[] noise = new double[size];
    for (int i = 0; i < size; i++) {
      Place place = seen.get(i).place();
      off[i] = Math.clamp(seen.get(i).seconds() - straight(lines, place), -FURTHEST, FURTHEST);
      noise[i] = bends.variance(seen.get(i), scales);
      for (int j = 0; j < size; j++) {
        common[i][j] = scales.common(place, seen.get(j).place());
      }
    }
    return Pulls.of(common, off, noise);
  }

  private static double straight(FirstTokenCost lines, Place place) {
    double seconds = lines.seconds(Math.exp(place.input()), Math.exp(place.sequences()));
    return Math.log(Math.max(seconds, 1e-6));
  }

  /// Seconds for the prompt of a request of `workload` while `sequences` are served.
  public double seconds(Workload workload, double sequences) {
    return lines.seconds(workload.computedInput(), sequences)
        * Math.exp(bend(Place.of(workload, sequences)));
  }

  private double bend(Place asked) {
    if (places.isEmpty()) {
      return 0;
    }
    Place place =
        new Place(
            within(asked.input(), Place::input),
            within(asked.output(), Place::output),
            within(asked.sequences(), Place::sequences));
    double sum = 0;
    for (int i = 0; i < places.size(); i++) {
      sum += pulls.get(i) * scales.common(place, places.get(i));
    }
    return Math.clamp(sum, -FURTHEST, FURTHEST);
  }

  private double within(double value, ToDoubleFunction<Place> direction) {
    DoubleSummaryStatistics seen = places.stream().mapToDouble(direction).summaryStatistics();
    return Math.clamp(value, seen.getMin(), seen.getMax());
  }
}
