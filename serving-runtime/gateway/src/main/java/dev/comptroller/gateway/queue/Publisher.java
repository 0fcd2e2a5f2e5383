package dev.comptroller.gateway.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the files of batches whose items are over, and ends the batches.
///
/// The ids of the files are chosen in the transaction that begins it, so that a crash at any point
/// is followed by the same files under the same ids: written beside their place, synced, renamed,
/// and only then is the batch terminal. Each item has exactly one line, in one of the two files.
final class Publisher {
  private final QueueDatabase database;
  private final BatchStore batches;
  private final FileStore files;
  private final Clock clock;

  Publisher(QueueDatabase database, BatchStore batches, FileStore files, Clock clock) {
    this.database = database;
    this.batches = batches;
    this.files = files;
    this.clock = clock;
  }

  /// Ends every batch that is ready for it.
  void publish() throws IOException, SQLException, InterruptedException {
    for (BatchState state : List.of(BatchState.IN_PROGRESS, BatchState.CANCELLING)) {
      for (Batch batch : batches.in(state)) {
        if (batch.counts().pending() == 0) {
          Batch.Counts counts = batch.counts();
          BatchState target =
              state == BatchState.CANCELLING
                  ? BatchState.CANCELLED
                  : counts.expired() > 0 ? BatchState.EXPIRED : BatchState.COMPLETED;
          boolean errors = counts.failed() + counts.expired() + counts.cancelled() > 0;
          boolean _ =
              batches.beginFinalizing(
                  batch,
                  target,
                  counts.completed() > 0 ? FileStore.newId() : null,
                  errors ? FileStore.newId() : null,
                  clock.instant());
        }
      }
    }
    for (Batch batch : batches.in(BatchState.FINALIZING)) {
      finish(batch);
    }
  }

  private void finish(Batch batch) throws IOException, SQLException, InterruptedException {
    String output = batch.outputFile();
    String errors = batch.errorFile();
    try (FileStore.@Nullable Draft good = output == null ? null : files.draft(output);
        FileStore.@Nullable Draft bad = errors == null ? null : files.draft(errors)) {
      if (good != null && output != null) {
        write(batch, good, "state = 'done'");
        good.publish(output);
      }
      if (bad != null && errors != null) {
        write(batch, bad, "state IN ('failed', 'expired', 'cancelled')");
        bad.publish(errors);
      }
      Long life = batch.outputSeconds();
      Duration keep = life == null ? null : Duration.ofSeconds(life);
      Instant now = clock.instant();
      int _ =
          database.write(
              connection -> {
                if (good != null && output != null) {
                  files.insert(connection, output, description(batch, "output", keep), good, now);
                }
                if (bad != null && errors != null) {
                  files.insert(connection, errors, description(batch, "error", keep), bad, now);
                }
                Sql.update(
                    connection,
                    "UPDATE item SET result = NULL WHERE batch = ? AND result IS NOT NULL",
                    batch.sequence());
                return end(connection, batch, now);
              });
    }
  }

  private static int end(java.sql.Connection connection, Batch batch, Instant now)
      throws SQLException {
    String target =
        Sql.text(connection, "SELECT target FROM batch WHERE seq = ?", batch.sequence());
    return Sql.update(
        connection,
        "UPDATE batch SET state = ?, %s_ms = ? WHERE seq = ? AND state = 'finalizing'"
            .formatted(BatchState.of(target).word()),
        target,
        now.toEpochMilli(),
        batch.sequence());
  }

  private static FileStore.Description description(
      Batch batch, String kind, @Nullable Duration keep) {
    return new FileStore.Description(
        batch.owner(), "%s_%s.jsonl".formatted(batch.id(), kind), "batch_output", keep);
  }

  private void write(Batch batch, FileStore.Draft draft, String which)
      throws IOException, SQLException {
    try {
      int _ =
          database.read(
              connection -> {
                try (PreparedStatement select =
                    connection.prepareStatement(
                        "SELECT line, custom_id, state, result FROM item WHERE batch = ? AND "
                            + which
                            + " ORDER BY line")) {
                  Sql.bind(select, batch.sequence());
                  return lines(batch, draft, select.executeQuery());
                }
              });
    } catch (SQLException e) {
      if (e.getCause() instanceof IOException disk) {
        throw disk;
      }
      throw e;
    }
  }

  private static int lines(Batch batch, FileStore.Draft draft, ResultSet rows) throws SQLException {
    int lines = 0;
    try (rows) {
      while (rows.next()) {
        byte[] line = (line(batch, rows) + "\n").getBytes(StandardCharsets.UTF_8);
        draft.write(line, line.length);
        lines++;
      }
    } catch (IOException e) {
      throw new SQLException(e.getMessage(), e);
    }
    return lines;
  }

  private static String line(Batch batch, ResultSet row) throws SQLException {
    String result = row.getString("result");
    if (result != null) {
      return result;
    }
    int number = row.getInt("line");
    boolean expired = row.getString("state").equals("expired");
    return BatchJson.failed(
        "batch_req_%s_%d".formatted(batch.id().substring("batch_".length()), number),
        row.getString("custom_id"),
        expired ? "batch_expired" : "batch_cancelled",
        expired
            ? "This request could not be executed before the completion window expired."
            : "This request was not executed because the batch was cancelled.",
        null,
        number);
  }
}
