package dev.comptroller.gateway.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// What a group-commit loop can do at best on a database: one writer, one small row for each
/// operation, no decision, no index but the number's, no chain.
final class BareLoop implements AutoCloseable {
  private static final int MOST_PER_COMMIT = 1_024;

  private record Row(String text, CountDownLatch durable) {}

  private final BlockingQueue<Row> queue = new ArrayBlockingQueue<>(16_384);
  private final Connection connection;
  private final Thread writer;
  private volatile boolean closing;
  private long seq;

  BareLoop(LedgerDatabase database) throws SQLException {
    connection = database.writer();
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS bare");
      statement.execute("CREATE TABLE bare (seq BIGINT PRIMARY KEY, text TEXT NOT NULL)");
      connection.commit();
    }
    writer = Thread.ofPlatform().name("bare").start(this::run);
  }

  /// Returns when the row is on disk.
  void append(String text) throws InterruptedException {
    Row row = new Row(text, new CountDownLatch(1));
    queue.put(row);
    row.durable().await();
  }

  private void run() {
    List<Row> batch = new ArrayList<>();
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO bare (seq, text) " + rows())) {
      while (!(closing && queue.isEmpty())) {
        Row first = queue.poll(50, TimeUnit.MILLISECONDS);
        if (first == null) {
          continue;
        }
        batch.add(first);
        queue.drainTo(batch, MOST_PER_COMMIT - 1);
        write(insert, batch);
        connection.commit();
        batch.forEach(row -> row.durable().countDown());
        batch.clear();
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String rows() throws SQLException {
    return arrays() ? "SELECT * FROM unnest(?::bigint[], ?::text[])" : "VALUES (?, ?)";
  }

  /// Whether the database takes a batch in one round trip as arrays, as PostgreSQL does.
  private boolean arrays() throws SQLException {
    return connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
  }

  private void write(PreparedStatement insert, List<Row> batch) throws SQLException {
    if (arrays()) {
      Object[] numbers = batch.stream().map(_ -> ++seq).toArray();
      insert.setArray(1, connection.createArrayOf("int8", numbers));
      insert.setArray(2, connection.createArrayOf("text", batch.stream().map(Row::text).toArray()));
      insert.executeUpdate();
      return;
    }
    for (Row row : batch) {
      insert.setLong(1, ++seq);
      insert.setString(2, row.text());
      insert.addBatch();
    }
    var _ = insert.executeBatch();
  }

  @Override
  public void close() throws SQLException {
    closing = true;
    try {
      writer.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    connection.close();
  }
}
