package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.defer.Deferral;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.meter.Charge;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.metrics.WaitingGauge;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.wake.WakeLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/// The discounted queue, from its parts.
public final class BatchQueue implements AutoCloseable {
  private final QueueDatabase database;
  private final ItemStore items;
  private final Waiters waiters;
  private final Dispatcher dispatcher;
  private final Keeper keeper;
  private final FilesApi filesApi;
  private final BatchesApi batchesApi;
  private final LiveTable table;
  private final DueWork due;
  private final Clock clock;

  /// What may be chosen.
  ///
  /// @param limits of a batch
  /// @param patience how long a request whose client waits may wait at most
  public record Settings(Limits limits, Duration patience) {
    /// The settings of a gateway in service.
    public static final Settings STANDARD = new Settings(Limits.STANDARD, Duration.ofMinutes(10));
  }

  /// What the queue works with.
  ///
  /// @param bounds the accounts that an owner's work on a `namespace/deployment` counts on,
  ///     outermost first, with the limits now in force
  /// @param line of interactive requests that wait for a replica: the queue lets them go first
  /// @param data folder of the gateway; the queue's own is below it
  public record Parts(
      Path data,
      LiveTable table,
      Relay relay,
      ChargeLedger ledger,
      WakeLine line,
      BiFunction<Owner, String, List<Bound>> bounds,
      GatewayMetrics metrics,
      Settings settings,
      Clock clock,
      LongSupplier nanos) {}

  private BatchQueue(Parts parts, QueueDatabase database) throws IOException {
    this.database = database;
    this.clock = parts.clock();
    this.table = parts.table();
    this.items = new ItemStore(database);
    FileStore files = new FileStore(database, parts.data().resolve("queue"), clock);
    BatchStore batches = new BatchStore(database);
    BatchReader reader = new BatchReader(files, items, batches, parts.settings().limits(), clock);
    QueueMetrics metrics = new QueueMetrics(parts.metrics(), this::depth);
    Bills bills = new ChargeBills(parts.ledger(), parts.bounds()::apply);
    Biller biller = new Biller(database, items, bills, metrics, parts.metrics(), parts.table());
    Pace pace = new Pace(database);
    Weather weather = new Weather(database, clock);
    Runner runner =
        new Runner(
            new Runner.Parts(
                parts.table(),
                parts.relay(),
                files,
                items,
                batches,
                bills,
                biller,
                pace,
                weather,
                metrics,
                parts.metrics(),
                clock,
                parts.nanos()));
    this.waiters =
        new Waiters(
            clock,
            parts.settings().patience(),
            payer ->
                parts.table().current().map(now -> Waiters.why(now.router(), payer)).orElse(""),
            this::wake);
    this.dispatcher =
        new Dispatcher(
            parts.table(),
            items,
            new Slots(parts.relay().loads(), parts.nanos()),
            waiters,
            runner,
            pace,
            weather,
            parts.line(),
            clock);
    Purses purses = new Purses(parts.ledger(), parts.bounds());
    this.due = new DueWork(items, waiters, purses);
    new WaitingGauge(new Sleepers(parts, items, waiters, purses)::rows)
        .register(parts.metrics().registry());
    this.keeper =
        new Keeper(
            new Keeper.Parts(
                parts.table(),
                database,
                files,
                batches,
                items,
                reader,
                dispatcher,
                biller,
                new Publisher(database, batches, files, clock),
                pace,
                weather,
                metrics,
                clock));
    this.filesApi = new FilesApi(files, parts.settings().limits());
    this.batchesApi =
        new BatchesApi(
            parts.table(),
            files,
            batches,
            items,
            reader,
            pace::capacity,
            parts.settings().limits(),
            clock);
  }

  /// Opens the queue of a data folder and takes up what is in it.
  public static BatchQueue start(Parts parts)
      throws IOException, SQLException, InterruptedException {
    Files.createDirectories(parts.data().resolve("queue"));
    QueueDatabase database = QueueDatabase.open(parts.data().resolve("queue").resolve("queue.db"));
    try {
      BatchQueue queue = new BatchQueue(parts, database);
      queue.keeper.recover();
      queue.dispatcher.start();
      queue.keeper.start();
      return queue;
    } catch (IOException | SQLException | InterruptedException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /// `/v1/files`.
  public FilesApi files() {
    return filesApi;
  }

  /// `/v1/batches`.
  public BatchesApi batches() {
    return batchesApi;
  }

  /// The queue as single requests see it.
  public Deferral deferral() {
    return waiters;
  }

  /// `GET /queue` of the admin port: depth, oldest deadline and dollars saved, as columns, and what
  /// is due by when; that is absent while no routing table is known.
  public Reply overview() throws SQLException {
    Instant now = clock.instant();
    Depth depth = items.depth(waiters.waiting(), now);
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "queue");
    json.put("at", depth.at().toString()).put("waiting_requests", depth.waiting());
    ArrayNode rows = json.putArray("depth");
    for (Depth.Row row : depth.rows()) {
      rows.addObject()
          .put("model", row.model())
          .put("state", row.state())
          .put("items", row.items())
          .put("oldest_deadline", row.oldestDeadline().toString());
    }
    Optional<Router> router = table.current().map(LiveTable.InForce::router);
    if (router.isPresent()) {
      ArrayNode work = json.putArray("due");
      for (DueWork.Row row : due.rows(router.get(), now)) {
        work.addObject()
            .put("model", row.model())
            .put("by", row.by().toString())
            .put("tokens", row.tokens());
      }
    }
    ArrayNode saved = json.putArray("saved");
    for (Depth.Saved row : depth.saved()) {
      saved
          .addObject()
          .put("payer", row.payer())
          .put("model", row.model())
          .put("items", row.items())
          .put("charged", Charge.dollars(row.charged()))
          .put("saved", Charge.dollars(row.full() - row.charged()));
    }
    return new Reply.Json(json);
  }

  /// Starts nothing more; what runs is put back, and runs again after the next start.
  public void halt() {
    dispatcher.close();
  }

  @Override
  public void close() {
    halt();
    keeper.close();
    database.close();
  }

  private void wake() {
    dispatcher.wake();
  }

  private Depth depth() {
    try {
      return items.depth(waiters.waiting(), clock.instant());
    } catch (SQLException _) {
      return new Depth(Instant.EPOCH, List.of(), 0, List.of());
    }
  }
}
