package dev.comptroller.reconcile.pool;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a pool declared over time: an edit of its spec holds from the edit on, and what was before
/// keeps its price. Pure.
///
/// @param entries oldest first
public record PriceLog(List<Entry> entries) {
  /// A pool of which nothing is known.
  public static final PriceLog EMPTY = new PriceLog(List.of());

  /// How long an entry is kept once a later one holds: as long as spend is.
  static final Duration KEPT = Duration.ofDays(62);

  /// The most entries that are kept; beyond that, the second oldest takes the place of the oldest.
  static final int MOST = 100;

  public PriceLog {
    entries = List.copyOf(entries);
  }

  /// A declaration and since when it holds.
  ///
  /// @param from first instant at which it holds; absent means since ever
  /// @param declared the declaration
  public record Entry(@Nullable Instant from, Declared declared) {
    Instant start() {
      return from == null ? Instant.MIN : from;
    }
  }

  /// The latest declaration with the prices of all of them; absent if there was none.
  public Optional<Declared> inForce() {
    return entries.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Declared(
                entries.getLast().declared().name(),
                entries.getLast().declared().product(),
                book(),
                entries.getLast().declared().maxHourlySpend()));
  }

  /// This log after `declared` was seen, which holds from `at` on if it is new.
  public PriceLog with(Declared declared, Instant at) {
    if (entries.isEmpty()) {
      return new PriceLog(List.of(new Entry(null, declared)));
    }
    Entry last = entries.getLast();
    if (last.declared().equals(declared)) {
      return this;
    }
    List<Entry> next = new ArrayList<>(entries);
    if (at.isAfter(last.start())) {
      next.add(new Entry(at, declared));
    } else {
      next.set(next.size() - 1, new Entry(last.from(), declared));
    }
    while (next.size() > 1
        && (next.size() > MOST || !next.get(1).start().isAfter(at.minus(KEPT)))) {
      next.removeFirst();
    }
    next.set(0, new Entry(null, next.getFirst().declared()));
    return new PriceLog(next);
  }

  /// The prices of all entries, each while it held.
  ///
  /// Prices of a time when nodes had another number of GPUs are converted, rounded up.
  private PriceBook book() {
    PriceBook last = entries.getLast().declared().prices();
    if (entries.size() == 1) {
      return last;
    }
    List<Price> pieces = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      PriceBook book = entries.get(i).declared().prices();
      @Nullable Instant from = entries.get(i).from();
      @Nullable Instant until = i + 1 < entries.size() ? entries.get(i + 1).from() : null;
      for (CapacityType type : CapacityType.values()) {
        pieces(book, type, from, until, last.gpusPerNode(), pieces);
      }
    }
    return pieces.isEmpty() ? last : new PriceBook(last.gpusPerNode(), pieces);
  }

  private static void pieces(
      PriceBook book,
      CapacityType type,
      @Nullable Instant from,
      @Nullable Instant until,
      int gpusPerNode,
      List<Price> pieces) {
    Instant start = from == null ? Instant.MIN : from;
    Instant end = until == null ? Instant.MAX : until;
    TreeSet<Instant> cuts = new TreeSet<>(book.changes(start, end));
    cuts.add(start);
    for (Instant cut : cuts) {
      @Nullable Instant next = cuts.higher(cut);
      @Nullable Instant stop = next == null ? until : next;
      book.inForce(type, cut)
          .ifPresent(
              rate ->
                  pieces.add(
                      new Price(
                          type,
                          convert(rate, book.gpusPerNode(), gpusPerNode),
                          cut.equals(Instant.MIN) ? null : cut,
                          stop)));
    }
  }

  private static HourlyRate convert(HourlyRate rate, int gpus, int into) {
    if (gpus == into) {
      return rate;
    }
    BigInteger micros =
        BigInteger.valueOf(rate.microsPerHour())
            .multiply(BigInteger.valueOf(into))
            .add(BigInteger.valueOf(gpus - 1L))
            .divide(BigInteger.valueOf(gpus));
    return new HourlyRate(micros.longValueExact());
  }

  /// When the spec that is seen at `now` was written, as far as `writes` tells: the latest write
  /// after the last entry, else `now`.
  Instant editedAt(List<Instant> writes, Instant now) {
    Instant after = entries.isEmpty() ? Instant.MIN : entries.getLast().start();
    return writes.stream()
        .filter(Objects::nonNull)
        .filter(at -> at.isAfter(after) && !at.isAfter(now))
        .max(Instant::compareTo)
        .orElse(now);
  }
}
