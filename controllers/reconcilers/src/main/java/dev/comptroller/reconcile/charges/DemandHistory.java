package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.reconcile.charges.DemandMemory.Hour;
import dev.comptroller.reconcile.charges.DemandMemory.Usual;
import dev.comptroller.reconcile.charges.DemandPage.Count;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What one deployment was asked for: by minute, by hour of the week, in which quarters of a
/// minute, and what a request is like.
///
/// Which minutes were observed whole is known to its owner, except for those that an earlier
/// process observed. Guarded by the lock of its owner.
final class DemandHistory {
  private final SortedMap<Long, Load> minutes = new TreeMap<>();
  private final TreeSet<Long> remembered = new TreeSet<>();
  private final SortedMap<Integer, Hour> hours = new TreeMap<>();
  private PastDays days = PastDays.NONE;
  private final SortedMap<Long, Quarters> arrivals = new TreeMap<>();
  private Pulse before = Pulse.EVEN;
  private Usual usual = Usual.NONE;
  private long unknown;
  private @Nullable Instant lastRequest;

  /// Goes on from what was remembered.
  static DemandHistory of(DemandMemory memory) {
    DemandHistory history = new DemandHistory();
    history.usual = memory.usual();
    history.minutes.putAll(memory.minutes());
    history.remembered.addAll(memory.minutes().keySet());
    history.hours.putAll(memory.hours());
    history.days = memory.days();
    history.before = memory.pulse();
    history.lastRequest = memory.lastRequest();
    return history;
  }

  /// What is to be remembered.
  ///
  /// @param observed minutes that this process observed whole
  DemandMemory memory(Set<Long> observed) {
    SortedMap<Long, Load> known = new TreeMap<>();
    remembered.forEach(minute -> known.put(minute, minute(minute)));
    if (!isUnknown()) {
      observed.forEach(minute -> known.put(minute, minute(minute)));
    }
    return new DemandMemory(usual, known, days, hours, pulse(observed), lastRequest);
  }

  /// Books what a gateway counted; what was turned away as it is reckoned.
  Load add(Count more, long minute) {
    if (more.served() > 0) {
      usual = usual.plus(more.served(), more.prompt(), more.answer());
    }
    unknown = usual.isKnown() ? 0 : unknown + more.refused();
    Load load =
        new Load(more.prompt(), more.answer(), more.served()).plus(usual.of(more.refused()));
    minutes.merge(minute, load, Load::plus);
    return load;
  }

  /// Counts requests that came until `at`, since less than a minute before.
  void arrived(Quarters more, Instant at) {
    long minute = Demands.minute(at);
    Quarters now = more.begun(at);
    arrivals.merge(minute, now, Quarters::plus);
    arrivals.merge(minute - 1, more.since(now), Quarters::plus);
  }

  /// How it swings while a minute lasts, by what this process observed; by what was remembered
  /// until that is enough.
  ///
  /// @param observed minutes that this process observed whole
  Pulse pulse(Set<Long> observed) {
    List<Pulse.Minute> minutes =
        arrivals.entrySet().stream()
            .filter(entry -> observed.contains(entry.getKey()))
            .map(entry -> entry.getValue().minute())
            .toList();
    int known = minutes.size();
    return observed.size() < Pulse.LEAST_MINUTES
        ? before
        : Pulse.of(minutes.subList(Math.max(0, known - Pulse.MINUTES), known));
  }

  /// Notes when a request last came or ended; whether that is news.
  boolean requested(Instant at) {
    boolean news = lastRequest == null || lastRequest.isBefore(at);
    lastRequest = news ? at : lastRequest;
    return news;
  }

  /// Counts a minute that was observed whole, for its hour of the week too.
  void ended(long minute) {
    if (!isUnknown()) {
      int hour = DemandMemory.hour(minute);
      hours.put(
          hour,
          hours.getOrDefault(hour, Hour.NONE).plus(DemandMemory.week(minute), minute(minute)));
      days = days.with(minute, minute(minute).tokens());
    }
  }

  /// What was asked for in each minute of the last two days.
  PastDays days() {
    return days;
  }

  /// Drops minutes that were not observed whole and will not be.
  void keep(Set<Long> observed) {
    minutes.keySet().removeIf(minute -> !isObserved(minute, observed));
    arrivals.keySet().retainAll(observed);
  }

  /// Drops minutes before one.
  void forgetBefore(long oldest) {
    minutes.headMap(oldest).clear();
    arrivals.headMap(oldest).clear();
    remembered.headSet(oldest).clear();
  }

  /// Whether a minute was observed whole, by this process or before it.
  boolean isObserved(long minute, Set<Long> observed) {
    return observed.contains(minute) || remembered.contains(minute);
  }

  /// What was asked for in a minute.
  Load minute(long minute) {
    return minutes.getOrDefault(minute, Load.NONE);
  }

  /// The sums of an hour of the week; absent if it was never seen.
  @Nullable Hour hour(int hour) {
    return hours.get(hour);
  }

  /// Whether requests were turned away of which nobody knows what they would have used.
  boolean isUnknown() {
    return unknown > 0;
  }

  @Nullable Instant lastRequest() {
    return lastRequest;
  }
}
