package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database.Postgres;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.ds.PGSimpleDataSource;

/// A ledger in PostgreSQL, for any number of gateways.
///
/// One gateway at a time writes: whoever holds the lock of the head's row. So the sums are exact
/// over all gateways, and there is one chain. A server whose settings could lose a commit that it
/// acknowledged is refused.
final class PostgresDatabase implements LedgerDatabase {
  private static final Logger LOG = System.getLogger(PostgresDatabase.class.getName());

  private final PGSimpleDataSource source;
  private final Postgres where;

  private PostgresDatabase(Postgres where) {
    this.where = where;
    this.source = source(where);
  }

  static PGSimpleDataSource source(Postgres where) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(where.url());
    source.setUser(where.user());
    source.setPassword(where.password());
    source.setApplicationName("comptroller-gateway");
    source.setConnectTimeout(10);
    source.setSocketTimeout(30);
    source.setTcpKeepAlive(true);
    source.setPrepareThreshold(2);
    return source;
  }

  static PostgresDatabase open(Postgres where) throws SQLException {
    PostgresDatabase database = new PostgresDatabase(where);
    try (Connection connection = database.source.getConnection()) {
      database.requireDurable(connection);
      database.warnOfLosses(connection);
    } catch (SQLException e) {
      throw new SQLException("--ledger-url %s: %s".formatted(where, e.getMessage()), e);
    }
    try {
      Flyway.configure(PostgresDatabase.class.getClassLoader())
          .dataSource(database.source)
          .locations("classpath:db/ledger-postgresql")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new SQLException(where + " cannot be brought to this version: " + e.getMessage(), e);
    }
    return database;
  }

  @Override
  public Connection writer() throws SQLException {
    Connection writer = source.getConnection();
    try {
      requireDurable(writer);
      try (Statement statement = writer.createStatement()) {
        // A gateway that stops in the middle must not hold up the others.
        var _ = statement.execute("SET idle_in_transaction_session_timeout = '10s'");
        var _ = statement.execute("SET lock_timeout = '20s'");
      }
      writer.setAutoCommit(false);
      return writer;
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
  }

  @Override
  public Connection reader() throws SQLException {
    return source.getConnection();
  }

  @Override
  public String headLock() {
    return " FOR UPDATE";
  }

  @Override
  public Map<String, Entry> reservations(Statements statements, Collection<String> keys)
      throws SQLException {
    return PostgresRows.reservations(statements, keys);
  }

  @Override
  public void write(Statements statements, Group group, Head head) throws SQLException {
    PostgresRows.write(statements, group, head);
  }

  /// Classes 22 (data) and 23 (constraints).
  @Override
  public boolean refusedForGood(SQLException e) {
    String state = e.getSQLState();
    return state != null && (state.startsWith("22") || state.startsWith("23"));
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return where.toString();
  }

  private void requireDurable(Connection connection) throws SQLException {
    if (setting(connection, "transaction_read_only").equals("on")) {
      throw new SQLException(
          "the server is read-only or a standby: name the primary, e.g. with"
              + " targetServerType=primary");
    }
    requireOn(connection, "fsync");
    requireOn(connection, "full_page_writes");
    String commit = setting(connection, "synchronous_commit").toLowerCase(Locale.ROOT);
    boolean standbys = !setting(connection, "synchronous_standby_names").isBlank();
    if (commit.equals("off") || (commit.equals("local") && standbys)) {
      throw new SQLException(
          ("synchronous_commit is %s, so %s would lose charges that were acknowledged: set"
                  + " synchronous_commit = on")
              .formatted(commit, standbys ? "a failover" : "a crash"));
    }
  }

  private static void requireOn(Connection connection, String name) throws SQLException {
    String value = setting(connection, name);
    if (!value.equals("on")) {
      throw new SQLException(
          "%s is %s, so a crash would lose charges that were acknowledged: set %s = on"
              .formatted(name, value, name));
    }
  }

  /// Warns of standbys that may lack the last commits when they are promoted.
  private void warnOfLosses(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'async'")) {
      if (row.next() && row.getLong(1) > 0) {
        LOG.log(
            Level.WARNING,
            "{0} of {1} standbys replicate asynchronously: a failover to one may lose the last"
                + " charges; name them in synchronous_standby_names",
            row.getLong(1),
            where);
      }
    }
  }

  private static String setting(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + name)) {
      return row.next() ? row.getString(1) : "";
    }
  }
}
