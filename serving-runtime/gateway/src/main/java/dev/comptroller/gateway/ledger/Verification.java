package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.disk.SqliteFile;
import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a whole ledger adds up to, after every entry of it was checked.
///
/// Checked are: numbers without gaps; the hash chain, and that it ends where the head says; that
/// every hold is opened, extended and ended in order, once, within what it holds; that no entry
/// holds more than a limit then in force had room for; that every usage line is as it was sealed,
/// charges what its entry charges, and none is missing or added; and that the stored sums are the
/// rebuilt ones. Reads one snapshot, so a gateway may go on writing.
///
/// @param entries in the chain
/// @param openHolds at its end
/// @param accounts with sums
/// @param head hash of the last entry, in hexadecimal: whoever keeps it elsewhere notices a chain
///     that was cut or written anew
public record Verification(long entries, int openHolds, int accounts, String head) {
  private static final int PAGE = 10_000;
  private static final String ENTRIES =
      "SELECT e."
          + LedgerRows.ENTRY.replace(", ", ", e.")
          + ", l."
          + LedgerRows.LINE.replace(", ", ", l.")
          + " FROM ledger_entry e LEFT JOIN usage_line l ON l.id = e.line ORDER BY e.seq";

  /// Verifies the ledger in a database.
  ///
  /// @throws LedgerCorrupt at the first bad entry
  public static Verification of(Database where) throws SQLException {
    try (Connection connection = Snapshots.of(where)) {
      return new Walk(connection).run();
    }
  }

  /// The verdict in a sentence.
  @Override
  public String toString() {
    return "%d entries, %d accounts, %d open holds: all of it fits; the chain ends in %s"
        .formatted(entries, accounts, openHolds, head);
  }

  /// One walk from the first entry to the last.
  private static final class Walk {
    private final Connection connection;
    private final Seal seal = new Seal();
    private final Books books = new Books();
    private final Map<Long, Long> settled = new HashMap<>();
    private Digest previous = Digest.ZERO;
    private long next = 1;
    private long lines;

    Walk(Connection connection) {
      this.connection = connection;
    }

    Verification run() throws SQLException {
      try (Statement select = connection.createStatement()) {
        select.setFetchSize(PAGE);
        try (ResultSet rows = select.executeQuery(ENTRIES)) {
          while (rows.next()) {
            check(rows);
          }
        }
      }
      checkHead();
      checkLines();
      int accounts = checkSums();
      return new Verification(next - 1, books.openHolds(), accounts, previous.toString());
    }

    private void check(ResultSet row) throws SQLException {
      long seq = row.getLong(1);
      if (seq != next) {
        throw new LedgerCorrupt(next, "is missing: %d comes next".formatted(seq));
      }
      Entry entry = read(row, seq);
      if (!entry.hash().equals(seal.of(previous, entry))) {
        throw new LedgerCorrupt(
            next, "its hash does not follow from its content and the entry before");
      }
      open(entry);
      OpenHold hold = books.hold(entry.hold());
      long held = hold == null ? 0 : hold.held;
      try {
        books.apply(entry, 0);
      } catch (ArithmeticException | IllegalArgumentException e) {
        throw new LedgerCorrupt(next, "cannot be: " + e.getMessage());
      }
      checkMoney(entry, held);
      checkLine(entry, row);
      previous = entry.hash();
      next++;
    }

    private static Entry read(ResultSet row, long seq) throws SQLException {
      try {
        return LedgerRows.entry(row);
      } catch (IllegalArgumentException e) {
        throw new LedgerCorrupt(seq, "cannot be read: " + e.getMessage());
      }
    }

    /// Begins the sums of accounts that an entry names for the first time.
    private void open(Entry entry) {
      if (entry.kind() == EntryKind.TRUE_UP) {
        open(Account.parse(String.valueOf(entry.bounds())));
      } else {
        for (Bound bound : Bounds.read(entry.bounds())) {
          open(bound.account());
        }
      }
    }

    private void open(Account account) {
      if (books.tally(account) == null) {
        books.open(new Tally(account, account.key(), 0, 0, null));
      }
    }

    private void checkMoney(Entry entry, long held) throws LedgerCorrupt {
      switch (entry.kind()) {
        case RESERVE, EXTEND -> {
          OpenHold hold = books.hold(entry.holdName());
          if (hold != null && (entry.kind() == EntryKind.RESERVE || entry.micros() > 0)) {
            requireRoom(entry, hold.bounds);
          }
        }
        case SETTLE -> {
          var _ = settled.put(entry.hold(), entry.micros());
        }
        case VOID, EXPIRE -> {
          if (entry.micros() != held) {
            throw new LedgerCorrupt(
                entry.seq(),
                "frees %d micro-dollars of a hold of %d".formatted(entry.micros(), held));
          }
        }
        case REFUND -> {
          Long charged = settled.get(entry.hold());
          if (charged == null || charged < entry.micros()) {
            throw new LedgerCorrupt(
                entry.seq(),
                "refunds %d micro-dollars of hold %d, which was charged %s"
                    .formatted(entry.micros(), entry.hold(), charged));
          }
        }
        case TRUE_UP, LINE -> {}
      }
    }

    private void requireRoom(Entry entry, List<Bound> bounds) throws LedgerCorrupt {
      for (Bound bound : bounds) {
        Tally tally = Objects.requireNonNull(books.tally(bound.account()));
        if (tally.room(bound.limitMicros()) < 0) {
          throw new LedgerCorrupt(
              entry.seq(),
              "holds %d micro-dollars beyond the limit %s of %s (spent %d, held %d with it)"
                  .formatted(
                      entry.micros(), bound.limitMicros(), tally.key, tally.spent, tally.held));
        }
      }
    }

    private void checkLine(Entry entry, ResultSet row) throws SQLException {
      if (entry.line() == null) {
        return;
      }
      lines++;
      int at = 15;
      if (row.getString(at) == null) {
        throw new LedgerCorrupt(
            entry.seq(), "its usage line %s is missing".formatted(entry.line()));
      }
      UsageLine line;
      try {
        line = LedgerRows.line(row, at);
      } catch (IllegalArgumentException e) {
        throw new LedgerCorrupt(
            entry.seq(), "its usage line %s cannot be: %s".formatted(entry.line(), e.getMessage()));
      }
      if (!seal.of(line).equals(entry.lineDigest())) {
        throw new LedgerCorrupt(
            entry.seq(), "its usage line %s was changed".formatted(entry.line()));
      }
      Long charged = line.chargeMicros();
      if (entry.kind() == EntryKind.SETTLE && !Long.valueOf(entry.micros()).equals(charged)) {
        throw new LedgerCorrupt(
            entry.seq(), "charges %d, its usage line %s".formatted(entry.micros(), charged));
      }
    }

    private void checkHead() throws SQLException {
      try (Statement select = connection.createStatement();
          ResultSet row = select.executeQuery("SELECT seq, hash FROM ledger_head WHERE one = 1")) {
        if (!row.next()
            || row.getLong(1) != next - 1
            || !new Digest(row.getBytes(2)).equals(previous)) {
          throw new LedgerCorrupt(
              next, "is missing, or the end of the chain was changed: the entries end before it");
        }
      }
    }

    private void checkLines() throws SQLException {
      try (Statement select = connection.createStatement();
          ResultSet row =
              select.executeQuery(
                  "SELECT (SELECT count(*) FROM usage_line), old_lines FROM ledger_head")) {
        if (row.next() && row.getLong(1) != lines + row.getLong(2)) {
          throw new LedgerCorrupt(
              next - 1,
              "%d usage lines are sealed up to it (%d are older than the chain), %d are stored"
                  .formatted(lines, row.getLong(2), row.getLong(1)));
        }
      }
    }

    private int checkSums() throws SQLException {
      Set<String> stored = new HashSet<>();
      try (PreparedStatement select =
              connection.prepareStatement("SELECT account, spent, held FROM ledger_account");
          ResultSet row = select.executeQuery()) {
        while (row.next()) {
          stored.add(row.getString(1));
          requireSum(row.getString(1), row.getLong(2), row.getLong(3));
        }
      }
      for (Tally tally : books.tallies()) {
        if (!stored.contains(tally.key)) {
          throw new LedgerCorrupt(next - 1, "the sums of %s are missing".formatted(tally.key));
        }
      }
      return stored.size();
    }

    private void requireSum(String key, long spent, long held) throws LedgerCorrupt {
      @Nullable Tally tally = books.tally(Account.parse(key));
      long rightSpent = tally == null ? 0 : tally.spent;
      long rightHeld = tally == null ? 0 : tally.held;
      if (spent != rightSpent || held != rightHeld) {
        throw new LedgerCorrupt(
            next - 1,
            "%s stands at spent %d, held %d; the entries up to here add up to spent %d, held %d"
                .formatted(key, spent, held, rightSpent, rightHeld));
      }
    }
  }

  /// Connections that read one state of the database, whatever is written meanwhile.
  private static final class Snapshots {
    static Connection of(Database where) throws SQLException {
      Connection connection =
          switch (where) {
            case Database.Embedded(var data) -> {
              if (!Files.exists(data.resolve("ledger.db"))) {
                throw new SQLException("there is no ledger.db in --data " + data);
              }
              yield SqliteFile.reader(data.resolve("ledger.db"));
            }
            case Database.Postgres postgres -> PostgresDatabase.source(postgres).getConnection();
          };
      connection.setTransactionIsolation(
          where instanceof Database.Postgres
              ? Connection.TRANSACTION_REPEATABLE_READ
              : Connection.TRANSACTION_SERIALIZABLE);
      connection.setAutoCommit(false);
      return connection;
    }
  }
}
