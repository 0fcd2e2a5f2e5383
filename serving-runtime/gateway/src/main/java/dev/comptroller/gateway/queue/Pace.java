package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.queue.order.Capacity;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What idle slots were measured to do, by model: tokens while a slot was busy, and how many slots
/// interactive work left over.
///
/// Older figures fade: at every [#FADE] of busy time the sums are halved. The figures are kept in
/// the database now and then, so that a restart knows what to promise.
final class Pace {
  /// Busy milliseconds after which figures count half.
  static final long FADE = 10 * 60 * 1_000;

  private static final long MILLI = 1_000;

  /// The sums of one model.
  private static final class Figures {
    private long tokens;
    private long busyMillis;
    private long slotsMilli;
  }

  private final QueueDatabase database;
  private final Map<String, Figures> byModel = new HashMap<>();

  Pace(QueueDatabase database) {
    this.database = database;
  }

  /// Takes up what an earlier process measured.
  synchronized void restore() throws SQLException {
    database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT model, tokens, busy_millis, slots_milli FROM pace",
                row -> {
                  Figures figures = new Figures();
                  figures.tokens = row.getLong(2);
                  figures.busyMillis = row.getLong(3);
                  figures.slotsMilli = row.getLong(4);
                  return byModel.put(row.getString(1), figures);
                }));
  }

  /// Notes a run: tokens of the same kind that work is estimated in.
  synchronized void ran(String model, long tokens, long millis) {
    Figures figures = byModel.computeIfAbsent(model, _ -> new Figures());
    figures.tokens += tokens;
    figures.busyMillis += Math.max(1, millis);
    if (figures.busyMillis > FADE) {
      figures.tokens /= 2;
      figures.busyMillis /= 2;
    }
  }

  /// Notes how many slots batch work may use now.
  synchronized void idle(String model, int slots) {
    Figures figures = byModel.computeIfAbsent(model, _ -> new Figures());
    long sample = slots * MILLI;
    figures.slotsMilli =
        figures.slotsMilli == 0 ? sample : figures.slotsMilli + (sample - figures.slotsMilli) / 16;
  }

  /// What the idle slots of a model get done.
  synchronized Capacity capacity(String model) {
    Figures figures = byModel.get(model);
    if (figures == null || figures.busyMillis == 0) {
      return Capacity.UNKNOWN;
    }
    long perThousandSeconds = Math.multiplyExact(figures.tokens, 1_000_000L) / figures.busyMillis;
    return new Capacity(
        (int) ((figures.slotsMilli + MILLI / 2) / MILLI), Math.max(1, perThousandSeconds));
  }

  /// Keeps the figures.
  void keep() throws SQLException, InterruptedException {
    Map<String, List<Long>> rows = new HashMap<>();
    synchronized (this) {
      byModel.forEach(
          (model, figures) ->
              rows.put(model, List.of(figures.tokens, figures.busyMillis, figures.slotsMilli)));
    }
    int _ =
        database.write(
            connection -> {
              for (Map.Entry<String, List<Long>> row : rows.entrySet()) {
                Sql.update(
                    connection,
                    "INSERT INTO pace VALUES (?,?,?,?) ON CONFLICT (model) DO UPDATE SET"
                        + " tokens = excluded.tokens, busy_millis = excluded.busy_millis,"
                        + " slots_milli = excluded.slots_milli",
                    row.getKey(),
                    row.getValue().get(0),
                    row.getValue().get(1),
                    row.getValue().get(2));
              }
              return rows.size();
            });
  }
}
