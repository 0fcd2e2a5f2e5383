package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.queue.order.EarliestDeadline;
import dev.comptroller.gateway.queue.order.Work;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Items of batches in the database: their lines, leases and results.
///
/// ```
/// new -> queued <-> running -> answered -> done | failed
///                \-> expired, cancelled
/// ```
///
/// A claim raises the item's attempt number, and every write of a worker carries it: whoever was
/// thought dead and wakes up is refused. Of all attempts one result is recorded (*answered*); it is
/// then billed under a key that names the item and not the attempt, and only then *done*. The
/// counters of a batch move in the transaction that moves its items.
final class ItemStore {
  private static final String CLAIMED =
      "item.seq, item.batch, item.line, item.custom_id, item.attempt, item.crashes, item.start,"
          + " item.length, item.model, item.payer, item.tokens, item.deadline_ms, batch.id AS batch_id, batch.namespace AS"
          + " owner_namespace, batch.feature, batch.endpoint, batch.input_file";

  private final QueueDatabase database;

  ItemStore(QueueDatabase database) {
    this.database = database;
  }

  /// A line of an input file that has been read.
  ///
  /// @param line its number, from 1
  /// @param start offset of its first byte
  /// @param length in bytes
  /// @param customId the client's name for it, if it has one
  /// @param model `namespace/deployment` it means; empty if it cannot run
  /// @param payer namespace that pays for it; empty if it cannot run
  /// @param tokens that it will use, at a guess
  /// @param error line of the error file; absent if it can run
  record Read(
      int line,
      long start,
      long length,
      @Nullable String customId,
      String model,
      String payer,
      long tokens,
      @Nullable String error) {}

  /// Adds lines of a batch that is being read; false if it is not any more.
  boolean add(Batch batch, List<Read> lines) throws SQLException, InterruptedException {
    return database.write(
        connection -> {
          if (Sql.number(
                  connection,
                  "SELECT COUNT(*) FROM batch WHERE seq = ? AND state = 'validating'",
                  batch.sequence())
              == 0) {
            return false;
          }
          insert(connection, batch, lines);
          int bad = (int) lines.stream().filter(line -> line.error() != null).count();
          BatchStore.count(connection, batch.sequence(), "total", lines.size());
          BatchStore.count(connection, batch.sequence(), "failed", bad);
          return true;
        });
  }

  private static void insert(Connection connection, Batch batch, List<Read> lines)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO item (batch, line, custom_id, start, length, model, payer,"
                + " deadline_ms, tokens, state, result) VALUES (?,?,?,?,?,?,?,?,?,?,?)")) {
      for (Read read : lines) {
        Sql.bind(
            insert,
            batch.sequence(),
            read.line(),
            read.customId(),
            read.start(),
            read.length(),
            read.model(),
            read.payer(),
            batch.deadline().toEpochMilli(),
            read.tokens(),
            read.error() == null ? "new" : "failed",
            read.error());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /// Forgets the lines of a batch whose reading was cut off by a crash.
  void forget(Batch batch) throws SQLException, InterruptedException {
    int _ =
        database.write(
            connection -> {
              int items =
                  Sql.update(connection, "DELETE FROM item WHERE batch = ?", batch.sequence());
              Sql.update(
                  connection,
                  "UPDATE batch SET total = 0, failed = 0 WHERE seq = ? AND state = 'validating'",
                  batch.sequence());
              return items;
            });
  }

  /// Lets the lines of a batch run: all of them have been read.
  void release(Batch batch, Instant now) throws SQLException, InterruptedException {
    int _ =
        database.write(
            connection -> {
              int changed =
                  Sql.update(
                      connection,
                      "UPDATE batch SET state = 'in_progress', in_progress_ms = ? WHERE seq = ?"
                          + " AND state = 'validating'",
                      now.toEpochMilli(),
                      batch.sequence());
              return changed == 0
                  ? 0
                  : Sql.update(
                      connection,
                      "UPDATE item SET state = 'queued' WHERE batch = ? AND state = 'new'",
                      batch.sequence());
            });
  }

  /// What a claim asks for.
  ///
  /// @param waiting deadlines, ascending, of the requests whose clients wait for the same slots
  /// @param suspects how many items may be among them that a replica died of
  /// @param barred namespaces whose items wait
  record Ask(
      String model,
      int slots,
      int suspects,
      List<Long> waiting,
      Set<String> barred,
      Duration lease) {}

  /// What a claim got: items, and how many slots belong to requests whose clients wait.
  record Turn(int waiting, List<Claimed> items) {}

  /// Claims the items that are next.
  Turn claim(Ask ask, Instant now) throws SQLException, InterruptedException {
    return database.write(
        connection -> {
          List<Long> chosen = new ArrayList<>();
          List<Long> deadlines = new ArrayList<>();
          next(connection, ask, now, chosen, deadlines);
          EarliestDeadline.Share share = EarliestDeadline.of(ask.slots(), ask.waiting(), deadlines);
          List<Claimed> items = new ArrayList<>();
          for (Long seq : chosen.subList(0, share.items())) {
            Sql.update(
                connection,
                "UPDATE item SET state = 'running', attempt = attempt + 1, lease_ms = ?"
                    + " WHERE seq = ? AND state = 'queued'",
                now.plus(ask.lease()).toEpochMilli(),
                seq);
            items.addAll(
                Sql.list(
                    connection,
                    "SELECT "
                        + CLAIMED
                        + " FROM item JOIN batch ON batch.seq = item.batch WHERE item.seq = ?",
                    ItemStore::claimed,
                    seq));
          }
          return new Turn(share.waiting(), items);
        });
  }

  private static void next(
      Connection connection, Ask ask, Instant now, List<Long> chosen, List<Long> deadlines)
      throws SQLException {
    int suspects = ask.suspects();
    String barred = "?" + ", ?".repeat(ask.barred().size());
    List<@Nullable Object> arguments = new ArrayList<>();
    arguments.add(ask.model());
    arguments.add(now.toEpochMilli());
    arguments.add(now.toEpochMilli());
    arguments.add(" ");
    arguments.addAll(ask.barred());
    arguments.add(ask.slots() + 64);
    List<long[]> rows =
        Sql.list(
            connection,
            "SELECT seq, deadline_ms, crashes FROM item WHERE model = ? AND state = 'queued'"
                + " AND not_before_ms <= ? AND deadline_ms > ? AND payer NOT IN ("
                + barred
                + ") ORDER BY deadline_ms, batch, line LIMIT ?",
            row -> new long[] {row.getLong(1), row.getLong(2), row.getLong(3)},
            arguments.toArray());
    for (long[] row : rows) {
      if (chosen.size() == ask.slots()) {
        return;
      }
      if (row[2] == 0 || suspects-- > 0) {
        chosen.add(row[0]);
        deadlines.add(row[1]);
      }
    }
  }

  /// Keeps the leases of runs that are alive.
  void renew(Collection<Claimed> items, Instant until) throws SQLException, InterruptedException {
    int _ =
        database.write(
            connection -> {
              int renewed = 0;
              for (Claimed item : items) {
                renewed +=
                    Sql.update(
                        connection,
                        "UPDATE item SET lease_ms = ? WHERE seq = ? AND attempt = ?"
                            + " AND state = 'running'",
                        until.toEpochMilli(),
                        item.sequence(),
                        item.attempt());
              }
              return renewed;
            });
  }

  /// Puts an item back, to be run again from some instant on; false if the run was not the item's
  /// current one.
  ///
  /// @param crashed whether a replica died while it ran it
  boolean putBack(Claimed item, Instant notBefore, boolean crashed, Instant now)
      throws SQLException, InterruptedException {
    return database.write(
        connection -> {
          boolean cancelled = cancelling(connection, item.batch());
          int changed =
              Sql.update(
                  connection,
                  "UPDATE item SET state = ?, lease_ms = NULL, not_before_ms = ?,"
                      + " crashes = crashes + ?, finished_ms = ? WHERE seq = ? AND attempt = ?"
                      + " AND state = 'running'",
                  cancelled ? "cancelled" : "queued",
                  notBefore.toEpochMilli(),
                  crashed ? 1 : 0,
                  cancelled ? Long.valueOf(now.toEpochMilli()) : null,
                  item.sequence(),
                  item.attempt());
          if (cancelled) {
            BatchStore.count(connection, item.batch(), "cancelled", changed);
          }
          return changed == 1;
        });
  }

  private static boolean cancelling(Connection connection, long batch) throws SQLException {
    return Sql.text(connection, "SELECT state FROM batch WHERE seq = ?", batch)
        .equals(BatchState.CANCELLING.word());
  }

  /// Records what a run came to; false if the run was not the item's current one, or the window has
  /// passed, so that its result is worth nothing.
  boolean answer(Claimed item, Answer answer, Instant now)
      throws SQLException, InterruptedException {
    Answer.Price price = answer.price();
    return database.write(
        connection -> {
          int changed =
              Sql.update(
                  connection,
                  "UPDATE item SET state = ?, lease_ms = NULL, result = ?, variant = ?,"
                      + " replica = ?, finished_ms = ?, millis = ?, prompt_tokens = ?,"
                      + " cached_tokens = ?, completion_tokens = ?, estimated = ?,"
                      + " price_version = ?, charge_micros = ?, full_micros = ?, hold = ?, gpu_ns = ? WHERE seq = ?"
                      + " AND attempt = ? AND state = 'running' AND deadline_ms > ?",
                  answer.success() ? "answered" : "failed",
                  answer.result(),
                  answer.variant(),
                  answer.replica(),
                  now.toEpochMilli(),
                  answer.millis(),
                  answer.usage().prompt(),
                  answer.usage().cached(),
                  answer.usage().completion(),
                  answer.usage().estimated() ? 1 : 0,
                  price == null ? null : Long.valueOf(price.version()),
                  price == null ? null : Long.valueOf(price.charged()),
                  price == null ? null : Long.valueOf(price.full()),
                  answer.hold(),
                  answer.gpuNanos(),
                  item.sequence(),
                  item.attempt(),
                  now.toEpochMilli());
          BatchStore.count(
              connection, item.batch(), answer.success() ? "completed" : "failed", changed);
          if (answer.success()) {
            BatchStore.count(connection, item.batch(), "unbilled", changed);
          }
          return changed == 1;
        });
  }

  /// Notes that an answered item is on the ledger; false if that is noted already.
  ///
  /// @param charged micro-dollars that the ledger took
  boolean billed(long item, long charged) throws SQLException, InterruptedException {
    return database.write(
        connection -> {
          int changed =
              Sql.update(
                  connection,
                  "UPDATE item SET state = 'done', charge_micros = CASE WHEN charge_micros IS NULL"
                      + " THEN NULL ELSE ? END WHERE seq = ? AND state = 'answered'",
                  charged,
                  item);
          if (changed == 1) {
            Sql.update(
                connection,
                "UPDATE batch SET unbilled = unbilled - 1,"
                    + " prompt_tokens = batch.prompt_tokens + item.prompt_tokens,"
                    + " cached_tokens = batch.cached_tokens + item.cached_tokens,"
                    + " completion_tokens = batch.completion_tokens + item.completion_tokens,"
                    + " charged_micros = charged_micros + COALESCE(item.charge_micros, 0),"
                    + " full_micros = batch.full_micros + COALESCE(item.full_micros, 0)"
                    + " FROM item WHERE item.seq = ? AND batch.seq = item.batch",
                item);
            Sql.update(
                connection,
                "INSERT INTO saving SELECT payer, model, 1, COALESCE(charge_micros, 0),"
                    + " COALESCE(full_micros, 0) FROM item WHERE seq = ?"
                    + " ON CONFLICT (payer, model) DO UPDATE SET items = items + 1,"
                    + " charged_micros = charged_micros + excluded.charged_micros,"
                    + " full_micros = full_micros + excluded.full_micros",
                item);
          }
          return changed == 1;
        });
  }

  /// Takes back every lease: of runs whose process is gone, or whose time is up.
  ///
  /// @param before leases that ended before it
  int takeBack(Instant before, Instant now) throws SQLException, InterruptedException {
    return database.write(
        connection -> {
          List<Long> batches =
              Sql.list(
                  connection,
                  "UPDATE item SET state = 'cancelled', lease_ms = NULL, finished_ms = ?"
                      + " WHERE state = 'running' AND lease_ms < ? AND batch IN"
                      + " (SELECT seq FROM batch WHERE state = 'cancelling') RETURNING batch",
                  row -> row.getLong(1),
                  now.toEpochMilli(),
                  before.toEpochMilli());
          for (Long batch : batches) {
            BatchStore.count(connection, batch, "cancelled", 1);
          }
          return batches.size()
              + Sql.update(
                  connection,
                  "UPDATE item SET state = 'queued', lease_ms = NULL WHERE state = 'running'"
                      + " AND lease_ms < ?",
                  before.toEpochMilli());
        });
  }

  /// Ends every item of a batch that is not over when its window is.
  int expire(Batch batch, Instant now) throws SQLException, InterruptedException {
    return database.write(
        connection -> {
          int items =
              Sql.update(
                  connection,
                  "UPDATE item SET state = 'expired', lease_ms = NULL, finished_ms = ?"
                      + " WHERE batch = ? AND state IN ('queued', 'running') AND deadline_ms <= ?",
                  now.toEpochMilli(),
                  batch.sequence(),
                  now.toEpochMilli());
          BatchStore.count(connection, batch.sequence(), "expired", items);
          return items;
        });
  }

  /// What is promised for a model, by batch.
  List<Work> promised(String model) throws SQLException {
    return database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT deadline_ms, SUM(tokens), MAX(tokens) FROM item WHERE model = ?"
                    + " AND state IN ('new', 'queued', 'running') GROUP BY deadline_ms",
                row ->
                    new Work(Instant.ofEpochMilli(row.getLong(1)), row.getLong(2), row.getLong(3)),
                model));
  }

  /// Models that items wait for.
  List<String> models() throws SQLException {
    return database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT DISTINCT model FROM item WHERE state = 'queued'",
                row -> row.getString(1)));
  }

  private static Claimed claimed(ResultSet row) throws SQLException {
    return new Claimed(
        row.getLong("seq"),
        row.getLong("batch"),
        row.getString("batch_id"),
        new Owner(row.getString("owner_namespace"), row.getString("feature")),
        row.getString("endpoint"),
        row.getString("input_file"),
        row.getInt("line"),
        row.getString("custom_id"),
        row.getInt("attempt"),
        row.getInt("crashes"),
        row.getLong("start"),
        row.getInt("length"),
        row.getString("model"),
        row.getString("payer"),
        row.getLong("tokens"),
        Instant.ofEpochMilli(row.getLong("deadline_ms")));
  }

  /// Items of one owner that could run now.
  ///
  /// @param payer namespace that pays for them
  record Backlog(String model, String payer, Owner owner, long items) {}

  /// What could run now, by model and owner.
  List<Backlog> backlog(Instant now) throws SQLException {
    return database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT item.model, item.payer, batch.namespace, batch.feature, COUNT(*) FROM item"
                    + " JOIN batch ON batch.seq = item.batch WHERE item.state = 'queued'"
                    + " AND item.not_before_ms <= ? AND item.deadline_ms > ?"
                    + " GROUP BY item.model, item.payer, batch.namespace, batch.feature",
                row ->
                    new Backlog(
                        row.getString(1),
                        row.getString(2),
                        new Owner(row.getString(3), row.getString(4)),
                        row.getLong(5)),
                now.toEpochMilli(),
                now.toEpochMilli()));
  }

  /// What is left to do of a model for one owner until one deadline.
  record Left(String model, String payer, Owner owner, long deadlineMillis, long tokens) {}

  /// What is left to do, what runs included.
  List<Left> left(Instant now) throws SQLException {
    return database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT item.model, item.payer, batch.namespace, batch.feature, item.deadline_ms,"
                    + " SUM(item.tokens) FROM item JOIN batch ON batch.seq = item.batch"
                    + " WHERE item.state IN ('queued', 'running') AND item.deadline_ms > ?"
                    + " GROUP BY item.model, item.payer, batch.namespace, batch.feature,"
                    + " item.deadline_ms",
                row ->
                    new Left(
                        row.getString(1),
                        row.getString(2),
                        new Owner(row.getString(3), row.getString(4)),
                        row.getLong(5),
                        row.getLong(6)),
                now.toEpochMilli()));
  }

  /// How much is in the queue.
  ///
  /// @param waiting requests whose clients wait
  Depth depth(int waiting, Instant now) throws SQLException {
    return database.read(
        connection ->
            new Depth(
                now,
                Sql.list(
                    connection,
                    "SELECT model, state, COUNT(*), MIN(deadline_ms) FROM item WHERE state IN"
                        + " ('new', 'queued', 'running', 'answered') GROUP BY model, state",
                    row ->
                        new Depth.Row(
                            row.getString(1),
                            row.getString(2),
                            row.getLong(3),
                            Instant.ofEpochMilli(row.getLong(4)))),
                waiting,
                Sql.list(
                    connection,
                    "SELECT payer, model, items, charged_micros, full_micros FROM saving",
                    row ->
                        new Depth.Saved(
                            row.getString(1),
                            row.getString(2),
                            row.getLong(3),
                            row.getLong(4),
                            row.getLong(5)))));
  }
}
