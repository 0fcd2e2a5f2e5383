package dev.comptroller.decide.capacity;

import java.util.ArrayList;
import java.util.List;

/// Where first tokens were seen and how long they took there, in logarithms: what the lines of
/// [FirstTokenCost] are bent by. An immutable state of at most [#MOST] places.
///
/// 1. A sample beside a place that is known moves it; the newest [#STEADY] count most there.
/// 2. Others are remembered as new places; the one that was not seen for longest is forgotten for
///    it when there are too many.
/// 3. A place counts less the longer it was not seen, because speeds change.
///
/// Times are kept, not their distances from the lines: these move as they are learned.
///
/// @param seen the places, the one seen last at the end
/// @param samples how many were taken in
public record Bends(List<Bend> seen, long samples) {
  /// Places that are remembered at most.
  public static final int MOST = 64;

  /// Samples after which a place has settled.
  static final double STEADY = 16;

  /// Nothing was seen.
  public static final Bends NONE = new Bends(List.of(), 0);

  /* In logarithms: a fifth more or less of everything is the same place. */
  private static final double BESIDE = 0.18;
  /* Of the logarithm's variance, for each sample taken in since. */
  private static final double WALK = 4e-6;
  /* Logarithms: two weeks or their inverse in seconds, and more tokens than fit into any memory. */
  private static final double LONGEST = 14;
  private static final double LARGEST = 30;

  public Bends {
    seen = List.copyOf(seen);
    if (seen.size() > MOST) {
      throw new IllegalArgumentException(
          "%d places: at most %d are remembered".formatted(seen.size(), MOST));
    }
  }

  /// What was asked of a replica and how full it was, in logarithms.
  ///
  /// @param input of the prompt's tokens that are computed
  /// @param output of the tokens of the answer
  /// @param sequences of the sequences that are served
  public record Place(double input, double output, double sequences) {
    static Place of(Workload workload, double sequences) {
      return new Place(
          Math.log(Math.max(1, workload.computedInput())),
          Math.log(workload.outputTokens()),
          Math.log(Math.max(1, sequences)));
    }

    double distance(Place other) {
      double inputs = input - other.input;
      double outputs = output - other.output;
      double fuller = sequences - other.sequences;
      return Math.sqrt(inputs * inputs + outputs * outputs + fuller * fuller);
    }

    /// The place that is part of the way to another.
    Place towards(Place other, double part) {
      return new Place(
          input + part * (other.input - input),
          output + part * (other.output - output),
          sequences + part * (other.sequences - sequences));
    }
  }

  /// A place that is remembered.
  ///
  /// @param place where
  /// @param seconds the logarithm of a first token's time there
  /// @param weight samples that it stands for
  /// @param last the number of the last of them
  public record Bend(Place place, double seconds, double weight, long last) {
    /// Whether first tokens can have been seen like this.
    private boolean isSound() {
      return isLogarithm(place.input())
          && isLogarithm(place.output())
          && isLogarithm(place.sequences())
          && Math.abs(seconds) <= LONGEST
          && weight > 0
          && weight <= STEADY;
    }

    private static boolean isLogarithm(double figure) {
      return figure >= 0 && figure <= LARGEST;
    }

    private Bend seeing(Place at, double value, double count, long number) {
      double part = count / (weight + count);
      return new Bend(
          place.towards(at, part),
          seconds + part * (value - seconds),
          Math.min(weight + count, STEADY),
          number);
    }
  }

  /// How bends hang together: how far one reaches and how strong it is. Calibrated on the public
  /// measurements of [Physics] by `e2e/bench/capacity`.
  ///
  /// @param level standard deviation of what all places have in common
  /// @param height standard deviation of a bend
  /// @param noise standard deviation of a sample
  /// @param reach distance in logarithms beyond which bends have little to do with each other
  public record Scales(double level, double height, double noise, double reach) {
    /// Calibrated on all rows.
    public static final Scales CALIBRATED = new Scales(0.1, 0.5, 0.03, 3.3);

    Scales with(double otherHeight, double otherNoise) {
      return new Scales(level, otherHeight, otherNoise, reach);
    }

    /// How much two places have in common, a variance (Matern, 3/2).
    double common(Place one, Place other) {
      double far = Math.sqrt(3) * one.distance(other) / reach;
      return level * level + height * height * (1 + far) * Math.exp(-far);
    }
  }

  /// Whether all places are such as samples make: what was stored may be anything.
  boolean isSound() {
    long before = -1;
    for (Bend bend : seen) {
      if (!bend.isSound() || bend.last() <= before || bend.last() >= samples) {
        return false;
      }
      before = bend.last();
    }
    return Fit.isCount(samples);
  }

  /// The bends after a first token took `seconds`.
  ///
  /// @param count samples that it stands for
  Bends seeing(Place place, double seconds, double count) {
    double value = Math.log(seconds);
    List<Bend> next = new ArrayList<>(seen);
    int near = nearest(place);
    if (near >= 0) {
      next.add(next.remove(near).seeing(place, value, count, samples));
    } else {
      if (next.size() == MOST) {
        next.removeFirst();
      }
      next.add(new Bend(place, value, Math.min(count, STEADY), samples));
    }
    return new Bends(next, samples + 1);
  }

  /// The place that is the same as `place`, but for a little; -1 if there is none.
  private int nearest(Place place) {
    int found = -1;
    double least = BESIDE;
    for (int i = 0; i < seen.size(); i++) {
      double distance = seen.get(i).place().distance(place);
      if (distance <= least) {
        least = distance;
        found = i;
      }
    }
    return found;
  }

  /// How far the time at a place may be off, as a variance of its logarithm: by its samples' noise,
  /// and by what has changed since the last of them.
  double variance(Bend bend, Scales scales) {
    return scales.noise() * scales.noise() / bend.weight() + WALK * (samples - 1 - bend.last());
  }
}
