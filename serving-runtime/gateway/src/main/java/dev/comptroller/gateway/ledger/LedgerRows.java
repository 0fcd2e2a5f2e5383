package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.meter.Usage;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// Entries and usage lines as rows.
final class LedgerRows {
  static final String LINE =
      "id, request_id, at_micros, model, namespace, deployment, variant, replica, payer, feature,"
          + " class, stream, outcome, status, finish_reason, prompt_tokens, cached_tokens,"
          + " completion_tokens, estimated, price_version, charge_micros, tariff_percent, gpu_ns,"
          + " millis";
  static final String ENTRY =
      "seq, kind, at_micros, gateway, hold, micros, key, bounds, text, price_version, lifetime_ms,"
          + " line, line_digest, hash";

  private LedgerRows() {}

  static Entry entry(ResultSet row) throws SQLException {
    byte[] digest = row.getBytes(13);
    return new Entry(
        row.getLong(1),
        EntryKind.of(row.getString(2)),
        row.getLong(3),
        row.getString(4),
        row.getLong(5),
        row.getLong(6),
        row.getString(7),
        row.getString(8),
        row.getString(9),
        maybeLong(row, 10),
        maybeLong(row, 11),
        row.getString(12),
        digest == null ? null : new Digest(digest),
        new Digest(row.getBytes(14)));
  }

  /// A usage line that starts at a column.
  static UsageLine line(ResultSet row, int at) throws SQLException {
    return new UsageLine(
        row.getString(at),
        row.getString(at + 1),
        instant(row.getLong(at + 2)),
        row.getString(at + 3),
        row.getString(at + 4),
        row.getString(at + 5),
        row.getString(at + 6),
        row.getString(at + 7),
        row.getString(at + 8),
        row.getString(at + 9),
        row.getString(at + 10),
        row.getInt(at + 11) != 0,
        Outcome.of(row.getString(at + 12)),
        row.getInt(at + 13),
        row.getString(at + 14),
        new Usage(
            row.getLong(at + 15),
            row.getLong(at + 16),
            row.getLong(at + 17),
            row.getInt(at + 18) != 0),
        maybeLong(row, at + 19),
        maybeLong(row, at + 20),
        row.getInt(at + 21),
        maybeLong(row, at + 22),
        row.getLong(at + 23));
  }

  static long micros(Instant at) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, at);
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  static void bindLong(PreparedStatement insert, int at, @Nullable Long value) throws SQLException {
    if (value == null) {
      insert.setNull(at, Types.BIGINT);
    } else {
      insert.setLong(at, value);
    }
  }

  static @Nullable Long maybeLong(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : Long.valueOf(value);
  }
}
