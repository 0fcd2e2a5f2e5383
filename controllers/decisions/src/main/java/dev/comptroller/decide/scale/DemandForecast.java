package dev.comptroller.decide.scale;

import dev.comptroller.decide.scale.DemandOutlook.Model;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Foretells the busiest minute of the time that a new replica takes to serve.
///
/// Five models: the level stays ([Model#LastValue]), it goes on rising as in the last three
/// minutes ([Model#Trend]), it follows what hours of the week usually ask for ([Model#Seasonal]),
/// what came a repetition ago comes again ([Model#Recurring]), or what came a day ago does
/// ([Model#Daily]). The level is that of the last minute, as young as it is known. Each model is
/// tried on the minutes that are known: from every past minute it foretells the busiest of the
/// following ones. One that does not beat the first is off; what repeats must have beaten all
/// others by far while it did, and goes by the shorter repetition where there are two. The margin
/// is what the chosen one fell short by in all but a few of these trials, by what is promised
/// ([#odds]), and usually it falls short by what it did in all but half of them; with too few
/// trials both are [#UNTRIED]. A rise that chance does not explain ([Surge]) is denied by no model;
/// one that was foretold does not go on for that.
final class DemandForecast {
  /// The margin of a model that was not tried.
  static final double UNTRIED = 0.2;

  private static final int LEAST_TRIALS = 30;

  /// Minutes that a rise is measured over: about a start. A longer line sees it begin too late, a
  /// shorter one takes chance for it.
  private static final int SPAN = 3;

  /// Which part of its trials may be short by more than the margin, for the root of the part of
  /// requests that may miss their SLO: one in 14 for one in 1,000. Many more than miss, since most
  /// forecasts that are short find places that rounding up left free; and by the root, since those
  /// that find none miss by far.
  private static final double SHORT = 2.2;

  /// The largest part of them, whatever is promised.
  private static final double MOST_SHORT = 0.2;

  /// The same where those that are too many miss alone: one in 5 for one in 1,000, one in 3 at
  /// most. A forecast that is short by a hundredth misses a hundredth then, and not everybody.
  private static final double SHORT_ALONE = 6;

  private static final double MOST_SHORT_ALONE = 0.35;

  /// In how many of them it was within what is usual. A trial asks for the busiest of some minutes,
  /// chance within a minute included; the places that [RungNeed] keeps free beside what is usual
  /// are there for that chance, and to keep them beside nine tenths would pay for it twice.
  private static final double USUAL = 0.5;

  /// The largest part of any other model's squared errors that what repeats may leave.
  private static final double BY_FAR = 0.5;

  /// The level is the mean of a minute, so it is of half a minute ago: a rise that has just begun
  /// has gone on since.
  private static final double HALF = 0.5;

  /// Minutes for which a fall counts as begun: the level is the mean of one, known a look later.
  private static final int FALL = 2;

  /// The part of a fall that must be due before the level can tell whether it came, and the part of
  /// what is due by which the level may still be above.
  private static final double QUARTER = 0.25;

  private static final double LARGEST_MARGIN = 1.0;
  private static final int LEAST_WEEKS = 1;

  private final double[] minutes;
  private final Instant until;
  private final WeekProfile profile;
  private final Duration reach;
  private final int ahead;
  private final double time;
  private final double odds;
  private final @Nullable Recurrence recurrence;

  private DemandForecast(
      DemandSeen seen,
      double[] minutes,
      @Nullable Recurrence recurrence,
      Duration reach,
      double odds) {
    this.minutes = minutes;
    this.until = seen.until();
    this.profile = seen.profile();
    this.reach = reach;
    this.ahead = Math.max(1, (int) Math.ceilDiv(reach.toSeconds(), 60L));
    this.time = reach.toMillis() / 60_000.0;
    this.odds = odds;
    this.recurrence = recurrence;
  }

  /// What is expected from `now` until `ahead` later; with `odds` what comes is within the margin.
  static DemandOutlook of(DemandSeen seen, Duration ahead, double odds, Instant now) {
    return of(seen, ahead, ahead, odds, now);
  }

  /// The same, where what comes every day is looked for until `daily` later.
  static DemandOutlook of(
      DemandSeen seen, Duration ahead, Duration daily, double odds, Instant now) {
    double[] minutes = seen.minutes().stream().mapToDouble(Double::doubleValue).toArray();
    return of(seen, minutes, Recurrence.find(minutes), ahead, daily, odds, now);
  }

  /// The same of a demand whose `minutes` repeat, if they do.
  static DemandOutlook of(
      DemandSeen seen,
      double[] minutes,
      @Nullable Recurrence recurrence,
      Duration ahead,
      Duration daily,
      double odds,
      Instant now) {
    DemandForecast forecast = new DemandForecast(seen, minutes, recurrence, ahead, odds);
    Present present = forecast.present(seen.latest(), now);
    Optional<Chosen> repeats = forecast.repeats();
    if (repeats.isEmpty()) {
      double[] all = seen.all();
      DemandForecast days = new DemandForecast(seen, all, Recurrence.daily(all), daily, odds);
      Optional<Chosen> repeatsDaily = days.repeats();
      if (repeatsDaily.isPresent()) {
        return days.outlook(present.of(all.length), repeatsDaily.get());
      }
    }
    return forecast.outlook(present, repeats.orElseGet(forecast::chosen));
  }

  /// In how many of its trials what came is to be within the margin.
  static double odds(double attainment, Surplus surplus) {
    double root = Math.sqrt(1 - attainment);
    return switch (surplus) {
      case DELAYS_ALL -> 1 - Math.min(MOST_SHORT, SHORT * root);
      case IS_REFUSED -> 1 - Math.min(MOST_SHORT_ALONE, SHORT_ALONE * root);
    };
  }

  /// What a forecast goes by.
  ///
  /// @param level tokens a second in the last minute
  /// @param rise of it by minute
  /// @param surge rise by minute that has just begun; 0 if there is none
  /// @param known minutes that were known then
  /// @param age of the last of them, in minutes
  private record Present(double level, double rise, double surge, int known, double age) {
    /// The same of so many minutes.
    Present of(int minutes) {
      return new Present(level, rise, surge, minutes, age);
    }
  }

  /// How a model did.
  ///
  /// @param error mean absolute error
  /// @param squares mean of squared errors, by which models are compared: what was missed by far
  ///   counts most, and rises are seldom
  /// @param shorts what it was short by each time
  private record Trials(double error, double squares, Shorts shorts) {}

  /// By how much of what was foretold more came, each time; put in order when it is asked for.
  private static final class Shorts {
    private final double[] all;

    Shorts(double[] all) {
      this.all = all;
    }

    /// What a part of them is within.
    double within(double part) {
      double[] sorted = all.clone();
      Arrays.sort(sorted);
      int at = Math.min(sorted.length - 1, (int) Math.floor(part * sorted.length));
      return at < 0 ? UNTRIED : Math.clamp(sorted[at], 0, LARGEST_MARGIN);
    }
  }

  /// A model with its trials, and those of the level beside it; null if there were too few.
  private record Chosen(Model model, @Nullable Trials trials, @Nullable Trials plain) {}

  private DemandOutlook outlook(Present present, Chosen chosen) {
    double level = present.level();
    @Nullable Trials trials = chosen.trials();
    @Nullable Trials plain = chosen.plain();
    double margin = trials == null ? UNTRIED : trials.shorts().within(odds);
    @Nullable Double foretold = peak(chosen.model(), present);
    boolean repeats = chosen.model().repeats();
    boolean falls = repeats && falls(present, margin);
    // What came in the last minute is not denied by any model, unless it is seen to be over.
    double known = foretold == null ? level : falls ? foretold : Math.max(foretold, level);
    boolean awaited = repeats && foretold != null && known <= foretold * (1 + margin);
    double peak = awaited ? known : Math.max(known, level + present.surge() * (time + HALF));
    double scale = Math.max(level, 1e-9);
    return new DemandOutlook(
        chosen.model(),
        chosen.model() == Model.Recurring && recurrence != null ? recurrence.minutes() : 0,
        reach,
        level,
        peak,
        margin,
        trials == null ? UNTRIED : trials.shorts().within(USUAL),
        trials == null ? Double.NaN : trials.error() / scale,
        plain == null ? Double.NaN : plain.error() / scale,
        falls);
  }

  /// Whether a fall that was foretold has begun. A repetition ago more was asked for in the last
  /// minutes than from then on until a replica could have left and be back; so much of that fall is
  /// due that the level can tell; and the level has come down by nearly as much.
  private boolean falls(Present present, double margin) {
    int now = present.known() + (int) present.age();
    if (recurrence == null || now - FALL < recurrence.minutes()) {
      return false;
    }
    double part = present.age() - (int) present.age();
    double last = (1 - part) * ago(present, now - 1, now) + part * ago(present, now, now + 1);
    double before = ago(present, now - FALL, now);
    int back = present.known() + (int) Math.ceil(present.age() + 2 * time);
    double after = ago(present, now, back) * (1 + margin);
    return before > after
        && before - last >= QUARTER * (before - after)
        && present.level() <= last + QUARTER * (before - last);
  }

  /// The model that foretold best of those that know of no repetition.
  private Chosen chosen() {
    int first = SPAN + 1;
    @Nullable Trials plain = trials(Model.LastValue, first);
    Chosen best = new Chosen(Model.LastValue, plain, plain);
    for (Model model : List.of(Model.Trend, Model.Seasonal)) {
      @Nullable Trials trials = trials(model, first);
      boolean better =
          best.trials() != null && trials != null && trials.squares() < best.trials().squares();
      best = better ? new Chosen(model, trials, plain) : best;
    }
    return best;
  }

  /// What repeats, if that foretold far better than all others in the last two repetitions.
  private Optional<Chosen> repeats() {
    if (recurrence == null) {
      return Optional.empty();
    }
    int every = recurrence.minutes();
    int tried = Math.max(2 * every, LEAST_TRIALS + ahead);
    int first = Math.max(Math.max(every, SPAN + 1), minutes.length - tried);
    Model model = every == Recurrence.DAY ? Model.Daily : Model.Recurring;
    @Nullable Trials trials = trials(model, first);
    @Nullable Trials plain = trials(Model.LastValue, first);
    if (trials == null || plain == null || trials.squares() >= BY_FAR * plain.squares()) {
      return Optional.empty();
    }
    double others = plain.squares();
    for (Model rival : List.of(Model.Trend, Model.Seasonal)) {
      @Nullable Trials other = trials(rival, first);
      others = other == null ? others : Math.min(others, other.squares());
    }
    return trials.squares() < BY_FAR * others
        ? Optional.of(new Chosen(model, trials, plain))
        : Optional.empty();
  }

  /// The trials of a model from the `first` minutes on; null if there were too few.
  private @Nullable Trials trials(Model model, int first) {
    if (model == Model.Seasonal && profile.weeks() < LEAST_WEEKS) {
      return null;
    }
    double busiest = Arrays.stream(minutes).max().orElse(0);
    double sum = 0;
    double squares = 0;
    int count = 0;
    double[] short_ = new double[minutes.length];
    int shorts = 0;
    for (int end = first; end + ahead <= minutes.length; end++) {
      Double foretold = peak(model, past(end));
      if (foretold == null) {
        return null;
      }
      double came = minutes[end];
      for (int i = end + 1; i < end + ahead; i++) {
        came = Math.max(came, minutes[i]);
      }
      sum += Math.abs(came - foretold);
      squares += (came - foretold) * (came - foretold);
      count++;
      if (foretold > busiest / 20) {
        short_[shorts++] = came / foretold - 1;
      }
    }
    if (count < LEAST_TRIALS) {
      return null;
    }
    return new Trials(sum / count, squares / count, new Shorts(Arrays.copyOf(short_, shorts)));
  }

  /// The busiest minute of the next ones by a model; null if it cannot tell.
  private @Nullable Double peak(Model model, Present present) {
    return switch (model) {
      case LastValue -> present.level();
      case Trend -> present.level() + Math.max(0, present.rise()) * time;
      case Seasonal -> seasonal(present);
      case Recurring, Daily -> recurring(present);
    };
  }

  /// What came a repetition ago in the minutes that a new replica would take from now on to serve.
  private @Nullable Double recurring(Present present) {
    if (recurrence == null || present.known() < recurrence.minutes()) {
      return null;
    }
    int from = present.known() + (int) present.age();
    int to = present.known() + Math.max(1, (int) Math.ceil(present.age() + time));
    return ago(present, from, to);
  }

  /// The busiest of the minutes from `from` on until `to`, without it, as a repetition before.
  private double ago(Present present, int from, int to) {
    return recurrence == null ? 0 : recurrence.peak(minutes, present.known(), from, to);
  }

  private @Nullable Double seasonal(Present present) {
    double peak = 0;
    Instant at =
        until
            .minusSeconds(60L * (minutes.length - present.known()))
            .plusMillis(Math.round(60_000 * present.age()));
    for (int step = 0; step <= ahead; step++) {
      Double ratio = profile.ratio(at.minusSeconds(60), at.plusSeconds(60L * step));
      if (ratio == null) {
        return null;
      }
      peak = Math.max(peak, present.level() * Math.clamp(ratio, 0.1, 10));
    }
    return peak;
  }

  /// What a model that knew only the first `end` minutes would go by.
  private Present past(int end) {
    double level = minutes[end - 1];
    double rise = (level - minutes[end - 1 - SPAN]) / SPAN;
    return new Present(level, rise, 0, end, 0);
  }

  /// What models go by now: whole minutes ended up to a minute ago, the level is younger.
  private Present present(double latest, Instant now) {
    double age = Math.max(0, Duration.between(until, now).toMillis() / 60_000.0);
    int whole = (int) Math.min(age, SPAN);
    double part = age - whole;
    int from = minutes.length - 1 - SPAN + whole;
    if (from < 0 || from + 1 >= minutes.length) {
      // No minute is known that ended so long ago, or none that is young enough.
      return new Present(latest, 0, 0, minutes.length, age);
    }
    double before = (1 - part) * minutes[from] + part * minutes[from + 1];
    double one = ago(1, age, latest);
    double surge = Surge.rise(latest, one, ago(2, age, latest), minutes);
    return new Present(latest, (latest - before) / SPAN, surge, minutes.length, age);
  }

  /// The minute that ended so many minutes ago, between the two whole ones that it is part of; on a
  /// line to the latest if neither has ended yet.
  private double ago(int back, double age, double latest) {
    double at = Math.max(0, minutes.length - 1 - back + age);
    int low = Math.min(minutes.length - 1, (int) at);
    boolean whole = low + 1 < minutes.length;
    double after = whole ? minutes[low + 1] : latest;
    double part = whole ? at - low : Math.min(1, (at - low) / Math.max(age, 1e-9));
    return minutes[low] + part * (after - minutes[low]);
  }
}
