package dev.comptroller.decide.condition;

import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.latency.SloCount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The condition `MeetingSlo`: whether requests keep the promised latency.
///
/// Engines count first tokens and pace apart. Requests that keep both are therefore known within
/// bounds: at least what neither count rules out, at most the smaller of the two.
public final class SloCondition {
  /// With fewer requests than these one slow request would decide.
  static final int LEAST = 20;

  private static final String TYPE = "MeetingSlo";

  private SloCondition() {}

  /// What `count` says of `slo`.
  ///
  /// @param slo absent if nothing is promised
  /// @param count requests of the window; absent if figures are missing or too old
  public static Finding judge(@Nullable Slo slo, @Nullable SloCount count, Duration window) {
    if (slo == null) {
      return Finding.unknown(TYPE, "NoSlo", "0 promises: spec.slo is not set");
    }
    if (count == null) {
      return Finding.unknown(
          TYPE, "SignalStale", "0 latency samples of the last minute: latency is not judged");
    }
    String span = HeatLadder.print(window);
    if (count.requests() < 1) {
      return Finding.unknown(
          TYPE, "NoTraffic", "0 requests in the window of %s got a first token".formatted(span));
    }
    String figures = figures(slo, count);
    if (count.requests() < LEAST) {
      return Finding.unknown(
          TYPE,
          "TooFewRequests",
          "%s; judged from %d requests in %s on".formatted(figures, LEAST, span));
    }
    double first = count.firstShare();
    double pace = count.paceShare();
    double most = Math.min(first, pace);
    double least = Math.max(0, first + pace - 1);
    String message =
        "%s; promised %s %%, over %s".formatted(figures, percent(slo.attainment()), span);
    if (least >= slo.attainment()) {
      return Finding.yes(TYPE, "SloMet", message);
    }
    return most < slo.attainment()
        ? Finding.no(TYPE, "SloMissed", message)
        : Finding.unknown(
            TYPE,
            "SloUnclear",
            "%s; between %s and %s %% keep both".formatted(message, percent(least), percent(most)));
  }

  private static String figures(Slo slo, SloCount count) {
    List<String> parts = new ArrayList<>();
    if (Double.isFinite(slo.timeToFirstToken())) {
      parts.add(
          "first token within %s for %s %% of %d requests"
              .formatted(
                  seconds(slo.timeToFirstToken()),
                  percent(count.firstShare()),
                  Math.round(count.requests())));
    }
    if (Double.isFinite(slo.timePerOutputToken())) {
      parts.add(
          "at most %s a token for %s %% of %d answers"
              .formatted(
                  seconds(slo.timePerOutputToken()),
                  percent(count.paceShare()),
                  Math.round(count.answers())));
    }
    return String.join(", ", parts);
  }

  /// Cut, not rounded: what is not all is not shown as all.
  private static String percent(double share) {
    double tenths = Math.floor(share * 1000 + 1e-9) / 10;
    return tenths == Math.rint(tenths)
        ? String.valueOf(Math.round(tenths))
        : String.format(Locale.ROOT, "%.1f", tenths);
  }

  private static String seconds(double seconds) {
    long millis = Math.round(seconds * 1000);
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }
}
