package dev.comptroller.gateway.ledger;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Things on their way into the rows of a table of SQLite, many by one statement.
///
/// What a statement costs here is mostly the crossing into the library for every value. So
/// neighbours that have the same columns go together, a statement names those columns only, and
/// what the rows have in common is handed over once. Columns that tend to be alike are told by
/// groups, and a group is handed over once as a whole or not at all, so that statements are few.
final class BulkInsert<T> {
  private static final int MOST = 64;

  private final Map<Shape, String> texts = new HashMap<>();
  private final String table;
  private final List<Column<T>> columns;

  BulkInsert(String table, List<Column<T>> columns) {
    this.table = table;
    this.columns = List.copyOf(columns);
  }

  /// A column.
  ///
  /// @param name its name
  /// @param group of columns that neighbours often have in common, from 1 on; 0 for one that they
  ///     have not
  /// @param value that a thing has in it; null where it has none
  record Column<T>(String name, int group, Function<T, @Nullable Object> value) {}

  /// What a statement looks like.
  ///
  /// @param present one bit for each column that its rows have
  /// @param common one bit for each group that they have in common
  private record Shape(int present, int common, int rows) {
    boolean has(int column) {
      return (present & 1 << column) != 0;
    }

    boolean saysOnce(int group) {
      return (common & 1 << group) != 0;
    }
  }

  /// Writes things in their order; each has a value in one column at least.
  void write(Statements statements, List<T> things) throws SQLException {
    List<@Nullable Object[]> rows = things.stream().map(this::row).toList();
    int at = 0;
    while (at < rows.size()) {
      int present = present(rows.get(at));
      int end = at + 1;
      while (end < rows.size() && present(rows.get(end)) == present) {
        end++;
      }
      insert(statements, present, rows.subList(at, end));
      at = end;
    }
  }

  /// Writes rows that have the same columns, by powers of two of them.
  private void insert(Statements statements, int present, List<@Nullable Object[]> rows)
      throws SQLException {
    int at = 0;
    while (at < rows.size()) {
      int count = Math.min(MOST, Integer.highestOneBit(rows.size() - at));
      List<@Nullable Object[]> next = rows.subList(at, at + count);
      Shape shape = new Shape(present, common(next), count);
      PreparedStatement insert = statements.of(texts.computeIfAbsent(shape, this::text));
      bind(insert, shape, next);
      insert.executeUpdate();
      at += count;
    }
  }

  private @Nullable Object[] row(T thing) {
    @Nullable Object[] row = new @Nullable Object[columns.size()];
    for (int column = 0; column < row.length; column++) {
      row[column] = columns.get(column).value().apply(thing);
    }
    return row;
  }

  private static int present(@Nullable Object[] row) {
    int present = 0;
    for (int column = 0; column < row.length; column++) {
      present |= row[column] == null ? 0 : 1 << column;
    }
    return present;
  }

  private int common(List<@Nullable Object[]> rows) {
    if (rows.size() == 1) {
      return 0;
    }
    int differing = 1;
    for (int column = 0; column < columns.size(); column++) {
      int group = 1 << columns.get(column).group();
      if ((differing & group) == 0 && !isCommon(rows, column)) {
        differing |= group;
      }
    }
    return ~differing;
  }

  private static boolean isCommon(List<@Nullable Object[]> rows, int column) {
    @Nullable Object first = rows.getFirst()[column];
    for (@Nullable Object[] row : rows) {
      if (!Objects.equals(row[column], first)) {
        return false;
      }
    }
    return true;
  }

  private String text(Shape shape) {
    StringBuilder names = new StringBuilder();
    int[] once = new int[columns.size()];
    int next = 1;
    for (int column = 0; column < columns.size(); column++) {
      if (shape.has(column)) {
        names.append(names.isEmpty() ? "" : ", ").append(columns.get(column).name());
        once[column] = shape.saysOnce(columns.get(column).group()) ? next++ : 0;
      }
    }
    StringBuilder text = new StringBuilder("INSERT INTO " + table + " (" + names + ") VALUES ");
    for (int row = 0; row < shape.rows(); row++) {
      String before = row == 0 ? "(?" : ", (?";
      for (int column = 0; column < columns.size(); column++) {
        if (shape.has(column)) {
          text.append(before).append(once[column] > 0 ? once[column] : next++);
          before = ", ?";
        }
      }
      text.append(')');
    }
    return text.toString();
  }

  private void bind(PreparedStatement insert, Shape shape, List<@Nullable Object[]> rows)
      throws SQLException {
    int next = 1;
    for (int column = 0; column < columns.size(); column++) {
      if (shape.has(column) && shape.saysOnce(columns.get(column).group())) {
        insert.setObject(next++, rows.getFirst()[column]);
      }
    }
    for (@Nullable Object[] row : rows) {
      for (int column = 0; column < row.length; column++) {
        if (shape.has(column) && !shape.saysOnce(columns.get(column).group())) {
          insert.setObject(next++, row[column]);
        }
      }
    }
  }
}
