package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.comptroller.gateway.ledger.BulkInsert.Column;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BulkInsertTest {
  private static final List<Column<List<@Nullable Object>>> COLUMNS =
      List.of(
          new Column<>("model", 1, row -> row.get(0)),
          new Column<>("variant", 1, row -> row.get(1)),
          new Column<>("feature", 2, row -> row.get(2)),
          new Column<>("id", 0, row -> row.get(3)),
          new Column<>("tokens", 0, row -> row.get(4)));

  @Test
  void shouldWriteEveryRowAsItIsInItsOrder() throws SQLException {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      List<List<@Nullable Object>> rows = new ArrayList<>();
      int alike = random.nextInt(1, 40);
      int count = random.nextInt(200);
      for (int i = 0; i < count; i++) {
        rows.add(random.nextInt(alike) == 0 ? any(random) : usual(i));
      }

      assertThat(written(rows)).as("round %d", round).isEqualTo(rows);
    }
  }

  @Test
  void shouldHandOverOnceWhatRowsHaveInCommon() throws SQLException {
    List<List<@Nullable Object>> rows = IntStream.range(0, 64).mapToObj(i -> usual(i)).toList();
    List<String> statements = new ArrayList<>();

    write(rows, statements);

    assertThat(statements)
        .singleElement(STRING)
        .startsWith("INSERT INTO line (model, variant, feature, id, tokens) VALUES (?1, ?2, ?3, ?4")
        .contains("(?1, ?2, ?3, ?6, ?7)")
        .endsWith("(?1, ?2, ?3, ?130, ?131)");
  }

  private static List<@Nullable Object> usual(int number) {
    return Arrays.asList("chat", "fp8", "web", "id-" + number, (long) number);
  }

  private static List<@Nullable Object> any(Random random) {
    return Arrays.asList(
        few(random), few(random), few(random), "b", random.nextBoolean() ? null : 1L);
  }

  private static @Nullable Object few(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> null;
      case 1 -> "a";
      default -> "b";
    };
  }

  private static List<List<@Nullable Object>> written(List<List<@Nullable Object>> rows)
      throws SQLException {
    return write(rows, new ArrayList<>());
  }

  private static List<List<@Nullable Object>> write(
      List<List<@Nullable Object>> rows, List<String> statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE line (seq INTEGER PRIMARY KEY, model TEXT, variant TEXT, feature TEXT,"
              + " id TEXT, tokens INTEGER)");
      new BulkInsert<>("line", COLUMNS)
          .write(new Statements(listening(connection, statements)), rows);
      List<List<@Nullable Object>> found = new ArrayList<>();
      try (ResultSet row =
          statement.executeQuery(
              "SELECT model, variant, feature, id, tokens FROM line ORDER BY seq")) {
        while (row.next()) {
          String tokens = row.getString(5);
          found.add(
              Arrays.asList(
                  row.getString(1),
                  row.getString(2),
                  row.getString(3),
                  row.getString(4),
                  tokens == null ? null : Long.valueOf(tokens)));
        }
      }
      return found;
    }
  }

  /// A connection that notes what is prepared on it.
  private static Connection listening(Connection connection, List<String> prepared) {
    return (Connection)
        Proxy.newProxyInstance(
            BulkInsertTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (_, method, arguments) -> {
              if (method.getName().equals("prepareStatement")) {
                prepared.add((String) arguments[0]);
              }
              return method.invoke(connection, arguments);
            });
  }
}
