package dev.comptroller.decide.capacity;

import dev.comptroller.decide.capacity.Bends.Place;
import dev.comptroller.decide.capacity.Bends.Scales;

/// How long first tokens take, learned from samples: lines as [Fit] learns them, with its outliers
/// and its alarm, and the bends that no line has. An immutable state.
///
/// A sample that the lines set aside bends nothing: it was a pause. When the speed has changed all
/// bends are forgotten: they are those of another speed.
///
/// @param lines what is learned of [FirstTokenCost]
/// @param bends what the lines are off by
public record FirstTokenFit(Fit lines, Bends bends) {
  /// A fit that expects `prior`.
  public static FirstTokenFit from(FirstTokenCost prior) {
    return new FirstTokenFit(
        Fit.from(Physics.firstTokenBelief(prior), Fit.FIRST_TOKEN_NOISE), Bends.NONE);
  }

  /// The fit after a mean over `requests` first tokens; the same if it is no sound one.
  ///
  /// @param mix the mean request
  /// @param sequences that were served at once
  /// @param seconds of a prompt from its start to the first token
  public FirstTokenFit seeing(Workload mix, double sequences, double seconds, double requests) {
    Fit next = lines.seeingFirstToken(mix.computedInput(), sequences, seconds, requests);
    if (next.equals(lines)) {
      return this;
    }
    if (next.rejected() > lines.rejected()) {
      return new FirstTokenFit(next, bends);
    }
    Bends known = next.drifts() > lines.drifts() ? Bends.NONE : bends;
    return new FirstTokenFit(
        next, known.seeing(Place.of(mix, sequences), seconds, Fit.relief(requests)));
  }

  /// Whether all figures are such as samples make: what was stored may be anything.
  public boolean isSound() {
    return lines.isSound() && bends.isSound();
  }

  /// The same without its bends: the lines alone.
  public FirstTokenFit straight() {
    return new FirstTokenFit(lines, Bends.NONE);
  }

  /// Samples that moved the lines since they began or drifted.
  public long samples() {
    return lines.samples();
  }

  /// What first tokens take.
  public FirstTokenCurve curve() {
    return curve(Scales.CALIBRATED);
  }

  FirstTokenCurve curve(Scales scales) {
    return FirstTokenCurve.bent(lines.firstTokenCost(), bends, scales);
  }
}
