package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.durable.WritePoint;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.HoldId;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.table.TableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// Everything of a gateway that keeps something on disk, over one data folder, as one process has
/// it; without its own clockwork, so that every write is somebody's call.
final class Stores implements AutoCloseable {
  private static final Duration LIFETIME = Duration.ofMinutes(61);

  /// The time, which passes when it is told to.
  static final class Time extends Clock {
    private final AtomicLong millis;

    Time(Instant start) {
      millis = new AtomicLong(start.toEpochMilli());
    }

    void pass(Duration some) {
      millis.addAndGet(some.toMillis());
    }

    long nanos() {
      return millis.get() * 1_000_000;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis.get());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  final Path data;
  final Time time;
  final ChargeLedger ledger;
  final QueueDatabase database;
  final ItemStore items;
  final BatchStore batches;
  final FileStore files;
  final BatchReader reader;
  final Bills bills;
  final Biller biller;
  final Publisher publisher;
  final LiveTable table;

  /// Opens a folder and takes up what an earlier process left there.
  Stores(Path data, List<Bound> bounds, Time time, WritePoint point) throws Exception {
    this.data = data;
    this.time = time;
    GatewayMetrics metrics = new GatewayMetrics();
    table = new LiveTable(new TableFile(data.resolve("table.json"), point), metrics, time);
    table.restore();
    ledger =
        ChargeLedger.open(
            LedgerSettings.embedded(data)
                .withTime(Duration.ofMillis(1), time, time::nanos)
                .withPoint(point));
    database = QueueDatabase.open(data.resolve("queue.db"), point);
    items = new ItemStore(database);
    batches = new BatchStore(database);
    files = new FileStore(database, data.resolve("queue"), time, point);
    reader = new BatchReader(files, items, batches, Limits.STANDARD, time);
    bills = new ChargeBills(ledger, (_, _) -> bounds);
    biller =
        new Biller(
            database,
            items,
            bills,
            new QueueMetrics(metrics, () -> new Depth(time.instant(), List.of(), 0, List.of())),
            metrics,
            table);
    publisher = new Publisher(database, batches, files, time);
  }

  /// What a gateway does first.
  void recover() throws Exception {
    files.recover();
    int _ = items.takeBack(time.instant().plus(Duration.ofDays(365)), time.instant());
  }

  /// Lets so much time pass that every hold expires, and lets the ledger notice.
  void outlive() throws Exception {
    time.pass(LIFETIME);
    while (ledger.openHolds() > 0) {
      notice();
    }
  }

  /// Lets the ledger see what time it is.
  void notice() throws Exception {
    var _ = ledger.extend(new HoldId(Long.MAX_VALUE), 0, List.of());
  }

  /// Copies what is on disk now. The logs come first: whatever they hold and a database has taken
  /// up meanwhile is written over with the same.
  void copyTo(Path other) throws IOException {
    List<Path> found;
    try (Stream<Path> all = Files.walk(data)) {
      found = all.filter(path -> !path.toString().endsWith("-shm")).toList();
    }
    for (Path path : found) {
      if (Files.isDirectory(path)) {
        Files.createDirectories(other.resolve(data.relativize(path)));
      }
    }
    for (boolean logs : new boolean[] {true, false}) {
      for (Path path : found) {
        if (Files.isRegularFile(path) && path.toString().endsWith("-wal") == logs) {
          Files.copy(path, other.resolve(data.relativize(path)));
        }
      }
    }
  }

  @Override
  public void close() {
    database.close();
    ledger.close();
  }
}
