package dev.comptroller.decide.scale;

import dev.comptroller.decide.scale.DemandOutlook.Model;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Foretells the busiest minute of the time that a new replica takes to serve.
///
/// Three models: the level stays ([Model#LastValue]), it goes on along the line through the last
/// minutes ([Model#Trend]), or it follows what hours of the week usually ask for
/// ([Model#Seasonal]). Each is tried on the minutes that are known: from every past minute it
/// foretells the busiest of the following ones. One that does not beat the first by a tenth is
/// off. The margin is what the chosen one fell short by in all but a tenth of these trials; with
/// too few of them it is [#UNTRIED].
final class DemandForecast {
  /// The margin of a model that was not tried.
  static final double UNTRIED = 0.2;

  /// How much smaller its error must be than that of the last value.
  private static final double BETTER = 0.9;

  private static final int LEAST_TRIALS = 30;
  private static final int LINE = 10;
  private static final double ODDS = 0.9;
  private static final double LARGEST_MARGIN = 1.0;
  private static final int LEAST_WEEKS = 1;

  private final double[] minutes;
  private final Instant until;
  private final WeekProfile profile;
  private final int ahead;

  private DemandForecast(DemandSeen seen, int ahead) {
    this.minutes = seen.minutes().stream().mapToDouble(Double::doubleValue).toArray();
    this.until = seen.until();
    this.profile = seen.profile();
    this.ahead = ahead;
  }

  /// What is expected from `seen.until()` until `ahead` later.
  static DemandOutlook of(DemandSeen seen, Duration ahead) {
    int steps = Math.max(1, (int) Math.ceilDiv(ahead.toSeconds(), 60L));
    return new DemandForecast(seen, steps).outlook(seen.latest(), ahead);
  }

  /// How a model did.
  private record Trials(double error, double margin, int count) {}

  private DemandOutlook outlook(double latest, Duration time) {
    int size = minutes.length;
    double level = size == 0 ? latest : level(size);
    @Nullable Trials plain = trials(Model.LastValue);
    Model best = Model.LastValue;
    @Nullable Trials chosen = plain;
    for (Model model : List.of(Model.Trend, Model.Seasonal)) {
      @Nullable Trials trials = trials(model);
      if (plain != null
          && chosen != null
          && trials != null
          && trials.error() < BETTER * plain.error()
          && trials.error() < chosen.error()) {
        best = model;
        chosen = trials;
      }
    }
    @Nullable Double foretold = size == 0 ? null : peak(best, size);
    // What came in the last seconds is not denied by any model.
    double peak = Math.max(foretold == null ? level : foretold, latest);
    double scale = Math.max(level, 1e-9);
    return new DemandOutlook(
        best,
        time,
        level,
        peak,
        chosen == null ? UNTRIED : chosen.margin(),
        chosen == null ? Double.NaN : chosen.error() / scale,
        plain == null ? Double.NaN : plain.error() / scale);
  }

  /// The trials of a model; null if there were too few.
  private @Nullable Trials trials(Model model) {
    if (model == Model.Seasonal && profile.weeks() < LEAST_WEEKS) {
      return null;
    }
    double busiest = Arrays.stream(minutes).max().orElse(0);
    double sum = 0;
    int count = 0;
    double[] short_ = new double[minutes.length];
    int shorts = 0;
    for (int end = LINE; end + ahead <= minutes.length; end++) {
      Double foretold = peak(model, end);
      if (foretold == null) {
        return null;
      }
      double came = Arrays.stream(minutes, end, end + ahead).max().orElse(0);
      sum += Math.abs(came - foretold);
      count++;
      if (foretold > busiest / 20) {
        short_[shorts++] = came / foretold - 1;
      }
    }
    if (count < LEAST_TRIALS) {
      return null;
    }
    double[] sorted = Arrays.copyOf(short_, shorts);
    Arrays.sort(sorted);
    double margin =
        shorts == 0 ? UNTRIED : sorted[Math.min(shorts - 1, (int) Math.floor(ODDS * shorts))];
    return new Trials(sum / count, Math.clamp(margin, 0, LARGEST_MARGIN), count);
  }

  /// The busiest minute of the next ones by a model that knows the first `end` minutes; null if it
  /// cannot tell.
  private @Nullable Double peak(Model model, int end) {
    double level = level(end);
    return switch (model) {
      case LastValue -> level;
      case Trend -> Math.max(level, level + Math.max(0, slope(end)) * (ahead + 0.5));
      case Seasonal -> seasonal(level, end);
    };
  }

  private @Nullable Double seasonal(double level, int end) {
    Instant now = until.minusSeconds(60L * (minutes.length - end));
    double peak = 0;
    for (int step = 0; step <= ahead; step++) {
      Double ratio = profile.ratio(now.minusSeconds(60), now.plusSeconds(60L * step));
      if (ratio == null) {
        return null;
      }
      peak = Math.max(peak, level * Math.clamp(ratio, 0.1, 10));
    }
    return peak;
  }

  /// The present level: the mean of the last two minutes, half as much each further back.
  private double level(int end) {
    double level = minutes[Math.max(0, end - 4)];
    for (int i = Math.max(1, end - 3); i < end; i++) {
      level += (minutes[i] - level) / 2;
    }
    return level;
  }

  /// Change a minute of the line that fits the last minutes best.
  private double slope(int end) {
    int from = Math.max(0, end - LINE);
    int n = end - from;
    if (n < 3) {
      return 0;
    }
    double meanX = (n - 1) / 2.0;
    double meanY = Arrays.stream(minutes, from, end).average().orElse(0);
    double over = 0;
    double under = 0;
    for (int i = 0; i < n; i++) {
      over += (i - meanX) * (minutes[from + i] - meanY);
      under += (i - meanX) * (i - meanX);
    }
    return over / under;
  }
}
