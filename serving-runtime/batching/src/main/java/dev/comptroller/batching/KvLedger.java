package dev.comptroller.batching;

import java.util.HashMap;
import java.util.Map;

/// Who holds how many cells of the key-value cache; one cell keeps one token of one sequence.
///
/// `reserve` and `release` change it, everything else reads.
public final class KvLedger {
  private final int total;
  private final Map<Long, Integer> held = new HashMap<>();
  private int used;

  /// A ledger over a number of cells, all free.
  public KvLedger(int total) {
    if (total < 1) {
      throw new IllegalArgumentException("A ledger of " + total + " cells; it needs 1 or more");
    }
    this.total = total;
  }

  /// Gives a sequence further cells, all of them or none.
  public Allocation reserve(long sequence, int cells) {
    if (cells < 0) {
      throw new IllegalArgumentException("A reservation of " + cells + " cells");
    }
    if (cells > free()) {
      return new Allocation.Exhausted(cells, free());
    }
    held.merge(sequence, cells, Integer::sum);
    used += cells;
    return new Allocation.Granted(cells);
  }

  /// Takes back all cells of a sequence.
  public void release(long sequence) {
    Integer cells = held.remove(sequence);
    if (cells == null) {
      throw new IllegalStateException("Sequence " + sequence + " holds no cells");
    }
    used -= cells;
  }

  /// The cells that a sequence holds.
  public int held(long sequence) {
    return held.getOrDefault(sequence, 0);
  }

  /// All cells.
  public int total() {
    return total;
  }

  /// Cells that sequences hold.
  public int used() {
    return used;
  }

  /// Cells that nobody holds.
  public int free() {
    return total - used;
  }

  /// The holders and their cells, as a copy.
  Map<Long, Integer> holders() {
    return Map.copyOf(held);
  }
}
