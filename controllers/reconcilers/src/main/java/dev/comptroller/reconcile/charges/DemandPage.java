package dev.comptroller.reconcile.charges;

import dev.comptroller.protocol.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What one gateway exports of the demand for deployments, read once.
///
/// @param counts counters since its process began
/// @param arrivals requests that came since then
/// @param waiting requests that wait for a replica
/// @param last when a request last came or ended
record DemandPage(
    Map<Name, Count> counts,
    Map<Name, Quarters> arrivals,
    Map<Name, Waiting> waiting,
    Map<Name, Instant> last) {
  static final String REQUESTS = "comptroller_gateway_requests_total";
  static final String TOKENS = "comptroller_gateway_tokens_total";
  static final String ARRIVALS = "comptroller_gateway_arrivals_total";
  static final String WAITING = "comptroller_gateway_waiting_requests";
  static final String LAST = "comptroller_gateway_last_request_timestamp_seconds";
  private static final Set<String> NAMES = Set.of(REQUESTS, TOKENS, ARRIVALS, WAITING, LAST);
  private static final List<String> QUARTERS = List.of("0", "1", "2", "3");
  private static final Set<String> TURNED_AWAY = Set.of("429", "503");

  DemandPage {
    counts = Map.copyOf(counts);
    arrivals = Map.copyOf(arrivals);
    waiting = Map.copyOf(waiting);
    last = Map.copyOf(last);
  }

  /// A deployment.
  record Name(String namespace, String deployment) {}

  /// Requests that wait for a replica, by class.
  record Waiting(long interactive, long batch) {
    static final Waiting NONE = new Waiting(0, 0);

    Waiting plus(Waiting other) {
      return new Waiting(interactive + other.interactive, batch + other.batch);
    }

    long all() {
      return interactive + batch;
    }
  }

  /// What a gateway counted.
  record Count(long served, long refused, long prompt, long answer) {
    static final Count NONE = new Count(0, 0, 0, 0);

    Count plus(Count other) {
      return new Count(
          served + other.served,
          refused + other.refused,
          prompt + other.prompt,
          answer + other.answer);
    }

    /// Whether it is of a counter that began anew after `before`.
    boolean isAnew(Count before) {
      return served < before.served
          || refused < before.refused
          || prompt < before.prompt
          || answer < before.answer;
    }

    /// What of it came in a part of a time, if it came evenly.
    Count part(Duration some, Duration whole) {
      double share = (double) some.toNanos() / whole.toNanos();
      return new Count(
          (long) (share * served),
          (long) (share * refused),
          (long) (share * prompt),
          (long) (share * answer));
    }

    /// What was added since `before`; all of it where a counter began anew.
    Count since(Count before) {
      return isAnew(before)
          ? this
          : new Count(
              served - before.served,
              refused - before.refused,
              prompt - before.prompt,
              answer - before.answer);
    }
  }

  /// Reads a page of metrics.
  static DemandPage read(String text) {
    Map<Name, Count> counts = new HashMap<>();
    Map<Name, Quarters> arrivals = new HashMap<>();
    Map<Name, Waiting> waiting = new HashMap<>();
    Map<Name, Instant> last = new HashMap<>();
    for (Series series : Series.read(text, NAMES)) {
      Name name = new Name(series.label("namespace"), series.label("deployment"));
      if (name.deployment().isEmpty()) {
        continue;
      }
      if (series.label(Names.TRAFFIC_LABEL).equals(Names.CLASS_BATCH)) {
        // Work that may wait is seen by what is left of it, not by the slots that it fills.
        continue;
      }
      switch (series.name()) {
        case ARRIVALS -> arrivals.merge(name, quarters(series), Quarters::plus);
        case WAITING -> waiting.merge(name, waiting(series), Waiting::plus);
        case LAST -> last.put(name, Instant.ofEpochSecond(series.value()));
        default -> counts.merge(name, count(series), Count::plus);
      }
    }
    return new DemandPage(counts, arrivals, waiting, last);
  }

  /// Every deployment that it tells of.
  Set<Name> names() {
    Set<Name> names = new HashSet<>(counts.keySet());
    names.addAll(waiting.keySet());
    names.addAll(last.keySet());
    return names;
  }

  /// Whether some counter is lower than in `before`, so that another process must have shown it.
  boolean isAnew(DemandPage before) {
    return before.counts.entrySet().stream()
        .anyMatch(was -> counts.getOrDefault(was.getKey(), Count.NONE).isAnew(was.getValue()));
  }

  private static Quarters quarters(Series series) {
    return Quarters.of(QUARTERS.indexOf(series.label(Names.QUARTER_LABEL)), series.value());
  }

  private static Waiting waiting(Series series) {
    return series.label("class").equals("batch")
        ? new Waiting(0, series.value())
        : new Waiting(series.value(), 0);
  }

  private static Count count(Series series) {
    if (series.name().equals(TOKENS)) {
      return series.label("class").equals("output")
          ? new Count(0, 0, 0, series.value())
          : new Count(0, 0, series.value(), 0);
    }
    String code = series.label("code");
    if (TURNED_AWAY.contains(code)) {
      return new Count(0, series.value(), 0, 0);
    }
    return code.equals("200") ? new Count(series.value(), 0, 0, 0) : Count.NONE;
  }
}
