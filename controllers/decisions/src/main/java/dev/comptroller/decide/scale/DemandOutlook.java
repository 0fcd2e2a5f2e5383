package dev.comptroller.decide.scale;

import java.time.Duration;

/// What a deployment is expected to be asked for until some time ahead.
///
/// @param model how it was foretold
/// @param every minutes after which it repeats; 0 unless it was foretold by that
/// @param ahead until when
/// @param level tokens a second now
/// @param peak the busiest minute expected
/// @param margin how much more than that is allowed for, as a part of it: what the model was short
///   by in all but a few of its past forecasts
/// @param usual the same in all but half of them
/// @param error mean absolute error of the model's past forecasts, as a part of the level; NaN if
///   it made none
/// @param plainError that of taking the present for the future
/// @param falls whether a fall that was foretold has begun
public record DemandOutlook(
    Model model,
    int every,
    Duration ahead,
    double level,
    double peak,
    double margin,
    double usual,
    double error,
    double plainError,
    boolean falls) {
  /// How a demand is foretold.
  public enum Model {
    /// It stays as it is.
    LastValue("as now"),
    /// It goes on as in the last minutes.
    Trend("by trend"),
    /// It goes on as this hour of the week usually does.
    Seasonal("by hour of the week"),
    /// What came at the same minutes a day ago comes again.
    Daily("as a day ago"),
    /// What came a repetition ago comes again.
    Recurring("as a repetition ago");

    private final String words;

    Model(String words) {
      this.words = words;
    }

    /// Whether it tells to the minute what comes, and until when.
    boolean repeats() {
      return this == Daily || this == Recurring;
    }

    /// It in words.
    public String words() {
      return words;
    }
  }

  /// Tokens a second that there must be capacity for.
  public double need() {
    return peak * (1 + margin);
  }

  /// Tokens a second in the busiest minute as it usually comes.
  public double usually() {
    return peak * (1 + usual);
  }

  /// Whether it knows of demand that the present does not show.
  boolean isForetold() {
    return model == Model.Seasonal || model.repeats();
  }

  /// The figures: `2800 tokens/s expected within 240 s by trend, +8 %`.
  public String message() {
    String how = model == Model.Recurring ? "as %d min ago".formatted(every) : model.words();
    return "%.0f tokens/s expected within %d s %s, +%.0f %%"
        .formatted(peak, ahead.toSeconds(), how, margin * 100);
  }
}
