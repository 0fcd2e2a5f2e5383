package dev.comptroller.e2e.simulator.autoscale;

import java.util.ArrayDeque;
import java.util.Deque;

/// A plain rule beside the operator's own autoscaler: forecast until a replica asked for now would
/// serve, a margin on top, over what a replica serves.
///
/// 1. The rate now is that of the last minute. It goes on as it changed in the last three
///    minutes if it rose, and as it did a day ago if it rose more then; the forecast is the
///    highest until the start time from now.
/// 2. What n replicas serve is n times a full one, less what keeps chance from filling all
///    sequences at once: `b` roots of all sequences.
/// 3. Work that may wait gets what is left over. Replicas are added for it only where the others
///    do not serve the backlog by the time that its oldest must be done.
/// 4. The highest answer of the last minutes counts on the way down.
public final class Forecasting implements ScalingPolicy {
  private static final int DAY = 86_400 / Fleet.TICK;

  /// What it is set to.
  ///
  /// @param margin on top of the forecast
  /// @param roots of all sequences that are kept free of chance
  /// @param sequences of a replica
  /// @param trend part of the change of the last three minutes that goes on
  /// @param downSeconds for which the highest answer counts
  public record Settings(
      double margin, double roots, int sequences, double trend, int downSeconds) {}

  private final Settings settings;
  private final Deque<Integer> answers = new ArrayDeque<>();

  /// With these settings.
  public Forecasting(Settings settings) {
    this.settings = settings;
  }

  @Override
  public int replicas(View view) {
    if (view.history().size() == 0) {
      return view.replicas();
    }
    double rate = forecast(view) * (1 + settings.margin);
    int needed = Math.max(needed(rate, view.fullRate()), forBatch(view));
    answers.add(Math.min(needed, view.most()));
    if (answers.size() > settings.downSeconds / Fleet.TICK) {
      answers.removeFirst();
    }
    return answers.stream().mapToInt(Integer::intValue).max().orElse(1);
  }

  private double forecast(View view) {
    History history = view.history();
    double now = history.last(60);
    int size = history.size();
    int ahead = (view.startSeconds() + Fleet.TICK) / Fleet.TICK;
    double highest = now;
    if (size >= 240 / Fleet.TICK) {
      double before = history.rate(size - 240 / Fleet.TICK, size - 180 / Fleet.TICK);
      double slope = (now - before) / 180;
      highest = Math.max(highest, now + settings.trend * slope * ahead * Fleet.TICK);
    }
    int yesterday = size - DAY;
    if (yesterday >= 4) {
      double then = history.rate(yesterday - 4, yesterday);
      for (int i = 4; i <= ahead + 4 && then > 0; i += 4) {
        double later = history.rate(yesterday + i - 4, yesterday + i);
        highest = Math.max(highest, now * Math.min(later / then, 1.25));
      }
    }
    return highest;
  }

  /// Replicas that serve all that comes and the backlog by the time that its oldest must be
  /// done.
  private static int forBatch(View view) {
    View.Batch batch = view.batch();
    if (batch.requests() == 0) {
      return 1;
    }
    double left = batch.windowSeconds() - batch.oldestSeconds() - 2.0 * view.startSeconds();
    double due = batch.requests() / Math.max(Fleet.TICK, left);
    return (int) Math.ceil((view.history().last(300) + due) / view.fullRate());
  }

  private int needed(double rate, double full) {
    double places = rate / full * settings.sequences;
    double all = places + settings.roots * Math.sqrt(places);
    return Math.max(1, (int) Math.ceil(all / settings.sequences));
  }
}
