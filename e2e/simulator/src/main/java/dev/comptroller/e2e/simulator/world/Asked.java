package dev.comptroller.e2e.simulator.world;

import dev.comptroller.decide.scale.Pulse;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// What a deployment was asked for in the last hours, in tokens a second, as gateways count it.
public final class Asked {
  private static final long MINUTE = 60;
  private static final long KEPT = 3 * 3600;

  private final Deque<Span> spans = new ArrayDeque<>();

  /// Means of whole minutes, which are found once.
  private final List<Double> means = new ArrayList<>();

  private long meansFrom;

  /// A time in which it was the same.
  private record Span(long from, long to, double rate) {}

  /// Nothing was asked for yet.
  public Asked() {}

  void add(long from, long seconds, double rate) {
    Span last = spans.peekLast();
    boolean same = last != null && last.to() == from && last.rate() == rate;
    long begin = from;
    if (same) {
      begin = spans.removeLast().from();
    }
    spans.addLast(new Span(begin, from + seconds, rate));
    while (spans.getFirst().to() <= from - KEPT) {
      spans.removeFirst();
    }
  }

  /// When the last request came, in these hours; absent if none did.
  public @Nullable Instant last() {
    Iterator<Span> back = spans.descendingIterator();
    while (back.hasNext()) {
      Span span = back.next();
      if (span.rate() > 0) {
        return Instant.ofEpochSecond(span.to());
      }
    }
    return null;
  }

  /// The mean between two seconds.
  public double mean(long from, long to) {
    double tokens = 0;
    Iterator<Span> back = spans.descendingIterator();
    while (back.hasNext()) {
      Span span = back.next();
      if (span.to() <= from) {
        break;
      }
      long seconds = Math.min(to, span.to()) - Math.max(from, span.from());
      tokens += Math.max(0, seconds) * span.rate();
    }
    return tokens / (to - from);
  }

  /// The means of the whole minutes that have ended since `start`, at most `most` of them, the
  /// newest last.
  public List<Double> minutes(long start, long now, int most) {
    long end = now / MINUTE * MINUTE;
    long first = Math.ceilDiv(start, MINUTE) * MINUTE;
    if (means.isEmpty() || first < meansFrom) {
      means.clear();
      meansFrom = first;
    }
    for (long at = meansFrom + means.size() * MINUTE; at < end; at += MINUTE) {
      means.add(mean(at, at + MINUTE));
    }
    int skipped = Math.toIntExact((first - meansFrom) / MINUTE);
    return List.copyOf(
        means.subList(
            Math.min(means.size(), Math.max(skipped, means.size() - most)), means.size()));
  }

  /// How it swings while a minute lasts, by the whole minutes that have ended since `start`.
  public Pulse pulse(long start, long now) {
    List<Pulse.Minute> quarters = new ArrayList<>();
    long quarter = MINUTE / 4;
    for (long minute : minutesSince(start, now, Pulse.MINUTES)) {
      quarters.add(
          new Pulse.Minute(
              mean(minute, minute + quarter),
              mean(minute + quarter, minute + 2 * quarter),
              mean(minute + 2 * quarter, minute + 3 * quarter),
              mean(minute + 3 * quarter, minute + MINUTE)));
    }
    return Pulse.of(quarters);
  }

  /// When the last whole minutes since `start` began, at most `most` of them, the newest last.
  private static List<Long> minutesSince(long start, long now, int most) {
    long end = now / MINUTE * MINUTE;
    long first = Math.max(Math.ceilDiv(start, MINUTE) * MINUTE, end - most * MINUTE);
    return LongStream.iterate(first, minute -> minute < end, minute -> minute + MINUTE)
        .boxed()
        .toList();
  }
}
