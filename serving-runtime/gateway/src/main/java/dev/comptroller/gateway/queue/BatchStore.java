package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Batches in the database and their way from state to state.
///
/// Every transition names the states it may come from, so that of two that race one has no effect.
final class BatchStore {
  private static final String SELECT =
      "SELECT seq, id, namespace, feature, endpoint, input_file, completion_window, metadata,"
          + " errors, state, created_ms, deadline_ms, in_progress_ms, finalizing_ms, completed_ms,"
          + " failed_ms, expired_ms, cancelling_ms, cancelled_ms, output_seconds, output_file,"
          + " error_file, kept, reason, estimated_ms, tariff_percent, total, completed, failed,"
          + " expired, cancelled, prompt_tokens, cached_tokens, completion_tokens, charged_micros,"
          + " full_micros FROM batch ";

  private final QueueDatabase database;

  BatchStore(QueueDatabase database) {
    this.database = database;
  }

  /// What a new batch starts with.
  record Submission(
      Owner owner,
      String endpoint,
      String inputFile,
      String completionWindow,
      @Nullable String metadata,
      Instant now,
      Instant deadline,
      @Nullable Long outputSeconds,
      Batch.Promise promise,
      int tariffPercent,
      List<Pin> pins) {}

  /// Adds a batch; empty if its input file has been deleted meanwhile.
  Optional<Batch> create(Submission submission) throws SQLException, InterruptedException {
    String id = "batch_" + FileStore.randomHex();
    return database.write(connection -> insert(connection, id, submission));
  }

  private static Optional<Batch> insert(Connection connection, String id, Submission submission)
      throws SQLException {
    Batch.Promise promise = submission.promise();
    Instant estimated = promise.estimated();
    int added =
        Sql.update(
            connection,
            "INSERT INTO batch (id, namespace, feature, endpoint, input_file, completion_window,"
                + " metadata, state, created_ms, deadline_ms, output_seconds, kept, reason,"
                + " estimated_ms, tariff_percent) SELECT ?,?,?,?,?,?,?,?,?,?,?,?,?,?,? WHERE EXISTS"
                + " (SELECT 1 FROM file WHERE id = ? AND deleted = 0)",
            id,
            submission.owner().namespace(),
            submission.owner().feature(),
            submission.endpoint(),
            submission.inputFile(),
            submission.completionWindow(),
            submission.metadata(),
            BatchState.VALIDATING.word(),
            submission.now().toEpochMilli(),
            submission.deadline().toEpochMilli(),
            submission.outputSeconds(),
            promise.kept() ? 1 : 0,
            promise.reason(),
            estimated == null ? null : Long.valueOf(estimated.toEpochMilli()),
            submission.tariffPercent(),
            submission.inputFile());
    Optional<Batch> batch = Sql.first(connection, SELECT + "WHERE id = ?", BatchStore::batch, id);
    if (added == 1 && batch.isPresent()) {
      for (Pin pin : submission.pins()) {
        PostedPrice price = pin.price();
        Sql.update(
            connection,
            "INSERT INTO pin VALUES (?,?,?,?,?,?,?,?)",
            batch.get().sequence(),
            pin.model(),
            pin.variant(),
            price.version(),
            price.source(),
            price.inputMicros(),
            price.cachedInputMicros(),
            price.outputMicros());
      }
    }
    return batch;
  }

  /// A batch of an owner.
  Optional<Batch> find(Owner owner, String id) throws SQLException {
    return database.read(
        connection ->
            Sql.first(
                connection,
                SELECT + "WHERE id = ? AND namespace = ? AND feature = ?",
                BatchStore::batch,
                id,
                owner.namespace(),
                owner.feature()));
  }

  /// Batches of an owner, latest first, one page.
  ///
  /// @param before sequence to start behind; absent to start at the latest
  List<Batch> list(Owner owner, @Nullable Long before, int limit) throws SQLException {
    long start = before == null ? Long.MAX_VALUE : before;
    return database.read(
        connection ->
            Sql.list(
                connection,
                SELECT
                    + "WHERE namespace = ? AND feature = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
                BatchStore::batch,
                owner.namespace(),
                owner.feature(),
                start,
                limit));
  }

  /// Batches in one state, oldest first.
  List<Batch> in(BatchState state) throws SQLException {
    return database.read(
        connection ->
            Sql.list(
                connection,
                SELECT
                    + "WHERE state = ? AND state NOT IN"
                    + " ('completed', 'failed', 'expired', 'cancelled') ORDER BY seq",
                BatchStore::batch,
                state.word()));
  }

  /// A batch by its sequence.
  Batch at(long sequence) throws SQLException {
    return database.read(
        connection ->
            Sql.first(connection, SELECT + "WHERE seq = ?", BatchStore::batch, sequence)
                .orElseThrow(() -> new SQLException("no batch " + sequence)));
  }

  /// The prices that a batch was submitted under.
  List<Pin> pins(long sequence) throws SQLException {
    return database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT * FROM pin WHERE batch = ?",
                row ->
                    new Pin(
                        row.getString("model"),
                        row.getString("variant"),
                        new PostedPrice(
                            row.getLong("version"),
                            row.getString("source"),
                            row.getLong("input_micros"),
                            row.getLong("cached_input_micros"),
                            row.getLong("output_micros"))),
                sequence));
  }

  /// Ends a batch of which no line can run.
  void fail(Batch batch, String errors, Instant now) throws SQLException, InterruptedException {
    int _ =
        database.write(
            connection ->
                Sql.update(
                    connection,
                    "UPDATE batch SET state = 'failed', failed_ms = ?, errors = ?"
                        + " WHERE seq = ? AND state = 'validating'",
                    now.toEpochMilli(),
                    errors,
                    batch.sequence()));
  }

  /// Begins to cancel a batch: what waits is cancelled at once, what runs finishes.
  void cancel(Batch batch, Instant now) throws SQLException, InterruptedException {
    int _ =
        database.write(
            connection -> {
              int changed =
                  Sql.update(
                      connection,
                      "UPDATE batch SET state = 'cancelling', cancelling_ms = ? WHERE seq = ?"
                          + " AND state IN ('validating', 'in_progress')",
                      now.toEpochMilli(),
                      batch.sequence());
              if (changed == 1) {
                int items =
                    Sql.update(
                        connection,
                        "UPDATE item SET state = 'cancelled', finished_ms = ? WHERE batch = ?"
                            + " AND state IN ('new', 'queued')",
                        now.toEpochMilli(),
                        batch.sequence());
                count(connection, batch.sequence(), "cancelled", items);
              }
              return changed;
            });
  }

  /// Moves a batch whose items are all over and billed on to its files; false if it is not so far.
  ///
  /// @param outputFile id that its output file will have, if there are lines for it
  /// @param errorFile id that its error file will have, if there are lines for it
  boolean beginFinalizing(
      Batch batch,
      BatchState target,
      @Nullable String outputFile,
      @Nullable String errorFile,
      Instant now)
      throws SQLException, InterruptedException {
    return database.write(
            connection ->
                Sql.update(
                    connection,
                    "UPDATE batch SET state = 'finalizing', target = ?, finalizing_ms = ?,"
                        + " output_file = ?, error_file = ? WHERE seq = ? AND unbilled = 0"
                        + " AND state IN ('in_progress', 'cancelling')"
                        + " AND completed + failed + expired + cancelled = total",
                    target.word(),
                    now.toEpochMilli(),
                    outputFile,
                    errorFile,
                    batch.sequence()))
        == 1;
  }

  /// Adds to one of a batch's counters, in the transaction that moves the items.
  static void count(Connection connection, long batch, String counter, int items)
      throws SQLException {
    if (items > 0) {
      int _ =
          Sql.update(
              connection,
              "UPDATE batch SET %1$s = %1$s + ? WHERE seq = ?".formatted(counter),
              items,
              batch);
    }
  }

  static Batch batch(ResultSet row) throws SQLException {
    Map<BatchState, Instant> at = new EnumMap<>(BatchState.class);
    for (BatchState state : BatchState.values()) {
      Long ms = state == BatchState.VALIDATING ? null : Sql.maybeLong(row, state.word() + "_ms");
      if (ms != null) {
        at.put(state, Instant.ofEpochMilli(ms));
      }
    }
    Long estimated = Sql.maybeLong(row, "estimated_ms");
    return new Batch(
        row.getLong("seq"),
        row.getString("id"),
        new Owner(row.getString("namespace"), row.getString("feature")),
        row.getString("endpoint"),
        row.getString("input_file"),
        row.getString("completion_window"),
        row.getString("metadata"),
        row.getString("errors"),
        BatchState.of(row.getString("state")),
        Instant.ofEpochMilli(row.getLong("created_ms")),
        Instant.ofEpochMilli(row.getLong("deadline_ms")),
        at,
        Sql.maybeLong(row, "output_seconds"),
        row.getString("output_file"),
        row.getString("error_file"),
        new Batch.Promise(
            row.getBoolean("kept"),
            row.getString("reason"),
            estimated == null ? null : Instant.ofEpochMilli(estimated)),
        row.getInt("tariff_percent"),
        new Batch.Counts(
            row.getLong("total"),
            row.getLong("completed"),
            row.getLong("failed"),
            row.getLong("expired"),
            row.getLong("cancelled")),
        new Usage(
            row.getLong("prompt_tokens"),
            row.getLong("cached_tokens"),
            row.getLong("completion_tokens"),
            false),
        row.getLong("charged_micros"),
        row.getLong("full_micros"));
  }
}
