package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.meter.Usage;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/// The ledger's SQLite file.
///
/// The write connection belongs to the ledger's writer thread; each read opens its own. A file that
/// does not run in WAL mode with synchronous=FULL is refused, because a commit would not survive a
/// crash there.
final class UsageDatabase implements AutoCloseable {
  private static final String COLUMNS =
      "id, request_id, at_micros, model, namespace, deployment, variant, replica, payer, feature, class,"
          + " stream, outcome, status, finish_reason, prompt_tokens, cached_tokens,"
          + " completion_tokens, estimated, price_version, charge_micros, tariff_percent, gpu_ns, millis";
  private static final String INSERT =
      "INSERT INTO usage_line (" + COLUMNS + ") VALUES (" + "?, ".repeat(23) + "?)";
  private static final String RECENT =
      "SELECT " + COLUMNS + " FROM usage_line ORDER BY seq DESC LIMIT ?";
  private static final int FULL = 2;

  private final SQLiteDataSource source;
  private final Connection writer;

  private UsageDatabase(SQLiteDataSource source, Connection writer) {
    this.source = source;
    this.writer = writer;
  }

  static UsageDatabase open(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(5_000);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    try {
      Flyway.configure(UsageDatabase.class.getClassLoader())
          .dataSource(source)
          .locations("classpath:db/ledger")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new SQLException(file + " cannot be brought to this version: " + e.getMessage(), e);
    }
    Connection writer = source.getConnection();
    try {
      requireDurable(writer, file);
      writer.setAutoCommit(false);
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
    return new UsageDatabase(source, writer);
  }

  /// Writes lines in one transaction; all or none.
  void append(List<UsageLine> lines) throws SQLException {
    try (PreparedStatement insert = writer.prepareStatement(INSERT)) {
      for (UsageLine line : lines) {
        bind(insert, line);
        insert.addBatch();
      }
      insert.executeBatch();
      writer.commit();
    } catch (SQLException e) {
      writer.rollback();
      throw e;
    }
  }

  List<UsageLine> recent(int limit) throws SQLException {
    List<UsageLine> lines = new ArrayList<>();
    try (Connection reader = source.getConnection();
        PreparedStatement select = reader.prepareStatement(RECENT)) {
      select.setInt(1, limit);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          lines.add(line(rows));
        }
      }
    }
    return lines;
  }

  @Override
  public void close() throws SQLException {
    writer.close();
  }

  private static void requireDurable(Connection connection, Path file) throws SQLException {
    String journal = pragma(connection, "journal_mode");
    String synchronous = pragma(connection, "synchronous");
    if (!journal.equalsIgnoreCase("wal") || Integer.parseInt(synchronous) < FULL) {
      throw new SQLException(
          "%s would lose lines in a crash (journal_mode=%s, synchronous=%s): put --data on a local disk"
              .formatted(file, journal, synchronous));
    }
  }

  private static String pragma(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("PRAGMA " + name)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  private static void bind(PreparedStatement insert, UsageLine line) throws SQLException {
    insert.setString(1, line.id());
    insert.setString(2, line.requestId());
    insert.setLong(3, ChronoUnit.MICROS.between(Instant.EPOCH, line.at()));
    insert.setString(4, line.model());
    insert.setString(5, line.namespace());
    insert.setString(6, line.deployment());
    insert.setString(7, line.variant());
    insert.setString(8, line.replica());
    insert.setString(9, line.payer());
    insert.setString(10, line.feature());
    insert.setString(11, line.trafficClass());
    insert.setBoolean(12, line.stream());
    insert.setString(13, line.outcome().word());
    insert.setInt(14, line.status());
    insert.setString(15, line.finishReason());
    insert.setLong(16, line.usage().prompt());
    insert.setLong(17, line.usage().cached());
    insert.setLong(18, line.usage().completion());
    insert.setBoolean(19, line.usage().estimated());
    bindLong(insert, 20, line.priceVersion());
    bindLong(insert, 21, line.chargeMicros());
    insert.setInt(22, line.tariffPercent());
    bindLong(insert, 23, line.gpuNanos());
    insert.setLong(24, line.millis());
  }

  private static void bindLong(PreparedStatement insert, int at, @Nullable Long value)
      throws SQLException {
    if (value == null) {
      insert.setNull(at, Types.BIGINT);
    } else {
      insert.setLong(at, value);
    }
  }

  private static UsageLine line(ResultSet row) throws SQLException {
    return new UsageLine(
        row.getString("id"),
        row.getString("request_id"),
        Instant.EPOCH.plus(row.getLong("at_micros"), ChronoUnit.MICROS),
        row.getString("model"),
        row.getString("namespace"),
        row.getString("deployment"),
        row.getString("variant"),
        row.getString("replica"),
        row.getString("payer"),
        row.getString("feature"),
        row.getString("class"),
        row.getBoolean("stream"),
        Outcome.of(row.getString("outcome")),
        row.getInt("status"),
        row.getString("finish_reason"),
        new Usage(
            row.getLong("prompt_tokens"),
            row.getLong("cached_tokens"),
            row.getLong("completion_tokens"),
            row.getBoolean("estimated")),
        maybeLong(row, "price_version"),
        maybeLong(row, "charge_micros"),
        row.getInt("tariff_percent"),
        maybeLong(row, "gpu_ns"),
        row.getLong("millis"));
  }

  private static @Nullable Long maybeLong(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : Long.valueOf(value);
  }
}
