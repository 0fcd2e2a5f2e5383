package dev.comptroller.gateway.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Statements with their arguments in order.
final class Sql {
  /// Makes a value of a row.
  @FunctionalInterface
  interface Row<T> {
    /// Reads the row under the cursor.
    T of(ResultSet row) throws SQLException;
  }

  private Sql() {}

  /// Runs a statement that changes rows; how many it changed.
  static int update(Connection connection, String sql, @Nullable Object... arguments)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, arguments);
      return statement.executeUpdate();
    }
  }

  /// The rows of a query, or those that an update returns.
  static <T> List<T> list(
      Connection connection, String sql, Row<T> row, @Nullable Object... arguments)
      throws SQLException {
    List<T> found = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, arguments);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(row.of(rows));
        }
      }
    }
    return found;
  }

  /// The first row of a query.
  static <T> Optional<T> first(
      Connection connection, String sql, Row<T> row, @Nullable Object... arguments)
      throws SQLException {
    List<T> found = list(connection, sql, row, arguments);
    return found.isEmpty() ? Optional.empty() : Optional.of(found.getFirst());
  }

  /// The number that a query tells; 0 if it tells none.
  static long number(Connection connection, String sql, @Nullable Object... arguments)
      throws SQLException {
    return first(connection, sql, row -> row.getLong(1), arguments).orElse(0L);
  }

  /// The text that a query tells; empty if it tells none.
  static String text(Connection connection, String sql, @Nullable Object... arguments)
      throws SQLException {
    return first(connection, sql, row -> String.valueOf(row.getString(1)), arguments).orElse("");
  }

  /// A column that may be absent.
  static @Nullable Long maybeLong(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : Long.valueOf(value);
  }

  static void bind(PreparedStatement statement, @Nullable Object... arguments) throws SQLException {
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
  }
}
