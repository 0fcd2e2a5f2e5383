package dev.comptroller.gateway.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A group's rows on their way into PostgreSQL: one statement, one round trip, columns as arrays.
final class PostgresRows {
  private static final String BY_KEYS =
      "SELECT " + LedgerRows.ENTRY + " FROM ledger_entry WHERE key = ANY (?) AND kind = 'reserve'";
  private static final String WRITE =
      "WITH head AS (UPDATE ledger_head SET seq = ?, hash = ?, open_from = ? WHERE one = 1),"
          + " entry AS (INSERT INTO ledger_entry ("
          + LedgerRows.ENTRY
          + ", ending, refunding) SELECT * FROM unnest("
          + "?::bigint[], ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::text[],"
          + " ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[], ?::bytea[], ?::bytea[],"
          + " ?::bigint[], ?::bigint[])),"
          + " account AS (INSERT INTO ledger_account (account, period_micros, spent, held,"
          + " limit_micros) SELECT * FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[],"
          + " ?::bigint[]) ON CONFLICT (account) DO UPDATE SET spent = excluded.spent,"
          + " held = excluded.held, limit_micros = excluded.limit_micros)"
          + " INSERT INTO usage_line ("
          + LedgerRows.LINE
          + ") SELECT * FROM unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[],"
          + " ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::smallint[],"
          + " ?::text[], ?::integer[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],"
          + " ?::smallint[], ?::bigint[], ?::bigint[], ?::integer[], ?::bigint[], ?::bigint[])";

  private PostgresRows() {}

  /// Reservations by idempotency key, as many as there are.
  static Map<String, Entry> reservations(Statements statements, Collection<String> keys)
      throws SQLException {
    Map<String, Entry> found = new HashMap<>();
    PreparedStatement select = statements.of(BY_KEYS);
    select.setArray(1, statements.connection().createArrayOf("text", keys.toArray()));
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        Entry entry = LedgerRows.entry(rows);
        found.put(String.valueOf(entry.key()), entry);
      }
    }
    return found;
  }

  static void write(Statements statements, Group group, Head head) throws SQLException {
    PreparedStatement write = statements.of(WRITE);
    write.setLong(1, head.seq());
    write.setBytes(2, head.hash().bytes());
    write.setLong(3, head.openFrom());
    entries(new Columns<>(statements.connection(), write, 4, group.entries));
    accounts(new Columns<>(statements.connection(), write, 20, List.copyOf(group.touched)));
    lines(new Columns<>(statements.connection(), write, 25, group.lines));
    write.executeUpdate();
  }

  private static void entries(Columns<Entry> entries) throws SQLException {
    entries.put("int8", Entry::seq);
    entries.put("text", entry -> entry.kind().word());
    entries.put("int8", Entry::atMicros);
    entries.put("text", Entry::gateway);
    entries.put("int8", Entry::hold);
    entries.put("int8", Entry::micros);
    entries.put("text", Entry::key);
    entries.put("text", Entry::bounds);
    entries.put("text", Entry::text);
    entries.put("int8", Entry::priceVersion);
    entries.put("int8", Entry::lifetimeMillis);
    entries.put("text", Entry::line);
    entries.put("bytea", entry -> entry.lineDigest() == null ? null : entry.lineDigest().bytes());
    entries.put("bytea", entry -> entry.hash().bytes());
    entries.put("int8", Entry::ending);
    entries.put("int8", Entry::refunding);
  }

  private static void accounts(Columns<Tally> tallies) throws SQLException {
    tallies.put("text", tally -> tally.key);
    tallies.put("int8", tally -> LedgerRows.micros(tally.account.periodStart()));
    tallies.put("int8", tally -> tally.spent);
    tallies.put("int8", tally -> tally.held);
    tallies.put("int8", tally -> tally.limit);
  }

  private static void lines(Columns<UsageLine> lines) throws SQLException {
    lines.put("text", UsageLine::id);
    lines.put("text", UsageLine::requestId);
    lines.put("int8", line -> LedgerRows.micros(line.at()));
    lines.put("text", UsageLine::model);
    lines.put("text", UsageLine::namespace);
    lines.put("text", UsageLine::deployment);
    lines.put("text", UsageLine::variant);
    lines.put("text", UsageLine::replica);
    lines.put("text", UsageLine::payer);
    lines.put("text", UsageLine::feature);
    lines.put("text", UsageLine::trafficClass);
    lines.put("int2", line -> (short) (line.stream() ? 1 : 0));
    lines.put("text", line -> line.outcome().word());
    lines.put("int4", UsageLine::status);
    lines.put("text", UsageLine::finishReason);
    lines.put("int8", line -> line.usage().prompt());
    lines.put("int8", line -> line.usage().cached());
    lines.put("int8", line -> line.usage().completion());
    lines.put("int2", line -> (short) (line.usage().estimated() ? 1 : 0));
    lines.put("int8", UsageLine::priceVersion);
    lines.put("int8", UsageLine::chargeMicros);
    lines.put("int4", UsageLine::tariffPercent);
    lines.put("int8", UsageLine::gpuNanos);
    lines.put("int8", UsageLine::millis);
  }

  /// Rows as one array for each column, put one after the other.
  private static final class Columns<T> {
    private final Connection connection;
    private final PreparedStatement statement;
    private final List<T> rows;
    private int next;

    Columns(Connection connection, PreparedStatement statement, int first, List<T> rows) {
      this.connection = connection;
      this.statement = statement;
      this.next = first;
      this.rows = rows;
    }

    void put(String type, Function<T, @Nullable Object> value) throws SQLException {
      @Nullable Object[] values =
          switch (type) {
            case "int8" -> new Long[rows.size()];
            case "int4" -> new Integer[rows.size()];
            case "int2" -> new Short[rows.size()];
            case "bytea" -> new byte[rows.size()][];
            default -> new String[rows.size()];
          };
      for (int i = 0; i < values.length; i++) {
        values[i] = value.apply(rows.get(i));
      }
      statement.setArray(next++, connection.createArrayOf(type, values));
    }
  }
}
