package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.cost.Metering;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cpm.TokenSample;
import dev.comptroller.decide.cpm.TokenWindow;
import dev.comptroller.decide.cpm.WindowTokens;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.Tokens;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Tokens and replica time of every variant over its sliding window, in memory.
///
/// A sample older than a minute makes the figures stale, and stale figures are not given out.
/// After a restart a window begins anew. Thread-safe.
public final class TokenLedger {
  /// The age at which the last sample no longer counts.
  public static final Duration STALE = Duration.ofSeconds(60);

  private final Map<Key, Book> books = new HashMap<>();

  /// A variant of a deployment.
  public record Key(String namespace, String deployment, String variant) {}

  /// Tokens of a window and what the variant's replicas cost meanwhile.
  public record Figures(WindowTokens tokens, Money cost) {}

  private static final class Book {
    Duration length;
    TokenWindow window;
    Instant lastSample = Instant.EPOCH;
    final Map<String, ReplicaInterval> intervals = new HashMap<>();

    Book(Duration length) {
      this.length = length;
      this.window = new TokenWindow(length);
    }
  }

  /// Takes a sample of a replica in.
  public synchronized void add(Key key, Duration length, TokenSample sample) {
    Book book = book(key, length);
    book.window.add(sample);
    book.lastSample = sample.at();
  }

  /// Takes note of the time that a replica is charged for.
  public synchronized void add(Key key, Duration length, ReplicaInterval interval, Instant now) {
    Book book = book(key, length);
    book.intervals.put(interval.uid(), interval);
    book.intervals
        .values()
        .removeIf(old -> old.isClosed() && old.endAt(now).isBefore(now.minus(book.length)));
  }

  /// Takes note that a replica is gone: time that still ran ended at `now`.
  public synchronized void gone(Key key, String uid, Instant now) {
    Book book = books.get(key);
    ReplicaInterval old = book == null ? null : book.intervals.get(uid);
    if (book != null && old != null && !old.isClosed()) {
      book.intervals.put(
          uid,
          new ReplicaInterval(
              uid,
              old.pool(),
              old.type(),
              old.gpus(),
              old.start(),
              new ReplicaInterval.UpperBound(now)));
    }
  }

  /// Figures of a variant, if its samples are fresh or none of its replicas runs, and time passed.
  public synchronized Optional<Figures> figures(Key key, PriceBooks prices, Instant now) {
    Book book = books.get(key);
    if (book == null) {
      return Optional.empty();
    }
    boolean runs = book.intervals.values().stream().anyMatch(interval -> !interval.isClosed());
    if (runs && book.lastSample.plus(STALE).isBefore(now)) {
      return Optional.empty();
    }
    return book.window
        .tokens(now, new Tokens(0))
        .map(tokens -> new Figures(tokens, cost(book.intervals.values(), prices, tokens, now)));
  }

  /// Forgets the deployments that `exists` does not know.
  public synchronized void retain(Function<Key, Boolean> exists) {
    books.keySet().removeIf(key -> !exists.apply(key));
  }

  private static Money cost(
      Collection<ReplicaInterval> intervals, PriceBooks prices, WindowTokens tokens, Instant now) {
    return Metering.cost(
            List.copyOf(intervals), prices, tokens.covered().start(), tokens.covered().end(), now)
        .money();
  }

  private Book book(Key key, Duration length) {
    Book book = books.computeIfAbsent(key, _ -> new Book(length));
    if (!book.length.equals(length)) {
      book.length = length;
      book.window = new TokenWindow(length);
    }
    return book;
  }
}
