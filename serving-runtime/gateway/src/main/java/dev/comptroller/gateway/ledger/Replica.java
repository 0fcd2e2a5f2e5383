package dev.comptroller.gateway.ledger;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The books of this process, kept up with the chain in the database.
///
/// Every entry that is taken up is checked against the chain first. Belongs to the writer thread.
final class Replica {
  private static final Logger LOG = System.getLogger(Replica.class.getName());
  private static final long PAGE = 4_096;

  private final Books books = new Books();
  private final Seal seal = new Seal();
  private @Nullable Head known;

  Books books() {
    return books;
  }

  Seal seal() {
    return seal;
  }

  /// Takes up what others wrote since; true if there was anything.
  boolean follow(Pages pages, Head head, long nowNanos) throws SQLException {
    Head before = known;
    if (before == null) {
      load(pages, head, nowNanos);
    } else if (before.seq() == head.seq() && before.hash().equals(head.hash())) {
      return false;
    } else if (before.seq() == 0 || (before.seq() < head.seq() && pages.contains(before))) {
      apply(pages, before.seq(), before.hash(), head, 0, nowNanos);
    } else {
      LOG.log(
          Level.ERROR,
          "the ledger''s database lost acknowledged entries: it ends at {0}, this gateway saw {1};"
              + " going on from what it has",
          head.seq(),
          before.seq());
      load(pages, head, nowNanos);
    }
    known = head;
    return true;
  }

  /// The group that ends there was written by this process.
  void wrote(Head head) {
    known = head;
  }

  /// Forgets everything: the next follow reads it anew.
  void reset() {
    known = null;
    books.clear();
  }

  private void load(Pages pages, Head head, long nowNanos) throws SQLException {
    books.clear();
    long before = head.openFrom() - 1;
    Digest hash =
        before == 0
            ? Digest.ZERO
            : pages.entry(before).orElseThrow(() -> new LedgerCorrupt(before, "is missing")).hash();
    apply(pages, before, hash, head, head.openFrom(), nowNanos);
  }

  /// Applies the entries after one; those of holds from before `openFrom` have ended.
  private void apply(Pages pages, long after, Digest hash, Head head, long openFrom, long nowNanos)
      throws SQLException {
    Digest previous = hash;
    long next = after + 1;
    while (next <= head.seq()) {
      List<Entry> page = pages.entries(next, Math.min(head.seq(), next + PAGE - 1));
      for (Entry entry : page) {
        if (entry.seq() != next) {
          throw new LedgerCorrupt(next, "is missing");
        }
        if (!entry.hash().equals(seal.of(previous, entry))) {
          throw new LedgerCorrupt(next, "its hash does not follow from its content");
        }
        previous = entry.hash();
        next++;
        if (entry.hold() == 0 || entry.hold() >= openFrom) {
          books.apply(entry, nowNanos);
        }
      }
      if (page.isEmpty()) {
        throw new LedgerCorrupt(next, "is missing");
      }
    }
    if (!previous.equals(head.hash())) {
      throw new LedgerCorrupt(head.seq(), "the end of the chain is not this entry");
    }
  }
}
