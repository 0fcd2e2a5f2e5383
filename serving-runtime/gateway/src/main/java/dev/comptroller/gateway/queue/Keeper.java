package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Does what is due: reads new batches, keeps and takes back leases, ends windows, bills what was
/// left over, publishes results, and removes what has expired.
///
/// Each step starts from the database alone and may be repeated, so it does not matter where an
/// earlier process stopped.
final class Keeper implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Keeper.class.getName());
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration OWN_BILL = Duration.ofSeconds(5);
  private static final Duration REMEMBERED = Duration.ofDays(1);
  private static final int SECOND = 5;
  private static final int MINUTE = 300;

  /// What the keeper works with.
  record Parts(
      LiveTable table,
      QueueDatabase database,
      FileStore files,
      BatchStore batches,
      ItemStore items,
      BatchReader reader,
      Dispatcher dispatcher,
      Biller biller,
      Publisher publisher,
      Pace pace,
      Weather weather,
      QueueMetrics metrics,
      Clock clock) {}

  /// A step that may fail and is repeated.
  @FunctionalInterface
  private interface Step {
    void run() throws IOException, SQLException, LedgerUnavailable, InterruptedException;
  }

  private final Parts parts;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread keeping = Thread.ofVirtual().name("queue-keeper").unstarted(this::keep);
  private final Thread reading = Thread.ofVirtual().name("queue-reader").unstarted(this::read);
  private long looks;

  Keeper(Parts parts) {
    this.parts = parts;
  }

  /// Takes up what an earlier process left: its leases are void, because it is gone.
  void recover() throws IOException, SQLException, InterruptedException {
    parts.files().recover();
    parts.pace().restore();
    parts.weather().restore();
    Instant now = parts.clock().instant();
    parts.metrics().leasesExpired(parts.items().takeBack(now.plus(Duration.ofDays(365)), now));
    parts.dispatcher().want(parts.items().models());
  }

  void start() {
    keeping.start();
    reading.start();
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      keeping.join();
      reading.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep() {
    try {
      while (!closing.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        looks++;
        step("ending windows", this::expire);
        step("publishing results", parts.publisher()::publish);
        if (looks % SECOND == 0) {
          step("looking for work", () -> parts.dispatcher().want(parts.items().models()));
          step("keeping leases", this::leases);
          step(
              "billing what was left over",
              () -> parts.biller().billAll(parts.clock().instant().minus(OWN_BILL)));
        }
        if (looks % MINUTE == 0) {
          step("removing files", parts.files()::sweep);
          step("forgetting items", this::forget);
          figures();
        }
      }
      figures();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void figures() throws InterruptedException {
    step("keeping the pace", parts.pace()::keep);
    step("keeping how often replicas die", parts.weather()::keep);
  }

  private void read() {
    try {
      while (!closing.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        Optional<Router> router = parts.table().current().map(LiveTable.InForce::router);
        if (router.isPresent()) {
          step(
              "reading batches",
              () -> {
                for (Batch batch : parts.batches().in(BatchState.VALIDATING)) {
                  parts.reader().queue(batch, router.get());
                  parts.dispatcher().want(parts.items().models());
                }
              });
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void step(String what, Step step) throws InterruptedException {
    try {
      step.run();
    } catch (IOException | SQLException | LedgerUnavailable e) {
      LOG.log(Level.ERROR, "{0}: {1}", what, e.getMessage());
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a defect in " + what, e);
    }
  }

  private void expire() throws SQLException, InterruptedException {
    Instant now = parts.clock().instant();
    for (BatchState state : List.of(BatchState.IN_PROGRESS, BatchState.CANCELLING)) {
      for (Batch batch : parts.batches().in(state)) {
        if (!batch.deadline().isAfter(now) && batch.counts().pending() > 0) {
          int expired = parts.items().expire(batch, now);
          if (expired > 0) {
            LOG.log(
                Level.WARNING,
                "{0}: {1} items expired with the window at {2}",
                batch.id(),
                expired,
                batch.deadline());
            parts.dispatcher().stopExpired(now);
          }
        }
      }
    }
  }

  private void leases() throws SQLException, InterruptedException {
    Instant now = parts.clock().instant();
    parts.items().renew(parts.dispatcher().running(), now.plus(Dispatcher.LEASE));
    int expired = parts.items().takeBack(now, now);
    if (expired > 0) {
      parts.metrics().leasesExpired(expired);
      LOG.log(Level.WARNING, "{0} items were taken back: their leases ended", expired);
    }
  }

  private void forget() throws SQLException, InterruptedException {
    long before = parts.clock().instant().minus(REMEMBERED).toEpochMilli();
    int _ =
        parts
            .database()
            .write(
                connection ->
                    Sql.update(
                        connection,
                        "DELETE FROM item WHERE batch IN (SELECT seq FROM batch WHERE state IN"
                            + " ('completed', 'failed', 'expired', 'cancelled')"
                            + " AND deadline_ms < ?)",
                        before));
  }
}
