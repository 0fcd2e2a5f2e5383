package dev.comptroller.gateway.table;

import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.route.Router;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// The routing table in force.
///
/// A good table replaces it and is kept on disk; a bad one is refused with a log line and a metric,
/// and the previous one stays in force. At start the last good table is read back, so that a
/// gateway serves before its source answers, and without it.
public final class LiveTable {
  private static final Logger LOG = System.getLogger(LiveTable.class.getName());

  /// One table in force.
  ///
  /// @param version rises with every accepted table of this process
  /// @param confirmed whether the source has delivered it, as against this gateway's disk
  public record InForce(Router router, long version, Instant since, boolean confirmed) {}

  private final TableFile lastGood;
  private final GatewayMetrics metrics;
  private final Clock clock;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private byte @Nullable [] bytes;
  private volatile @Nullable InForce inForce;

  /// A table that survives in a file.
  public LiveTable(TableFile lastGood, GatewayMetrics metrics, Clock clock) {
    this.lastGood = lastGood;
    this.metrics = metrics;
    this.clock = clock;
  }

  /// Takes up the last good table, if there is one.
  public synchronized void restore() throws IOException {
    Optional<byte[]> kept = lastGood.read();
    if (kept.isPresent()) {
      try {
        replace(kept.get(), false);
        LOG.log(Level.INFO, "serving from the last good routing table, {0}", lastGood.path());
      } catch (TableRefused e) {
        refuse(lastGood.path().toString(), e);
      }
    }
  }

  /// Offers a table; a bad one changes nothing.
  ///
  /// @param from where it came from, for the log
  /// @return whether it is in force now
  public synchronized boolean offer(byte[] offered, String from) {
    InForce now = inForce;
    if (now != null && now.confirmed() && Arrays.equals(offered, bytes)) {
      return true;
    }
    try {
      InForce next = replace(offered, true);
      LOG.log(
          Level.INFO,
          "routing table {0} from {1}: {2} routes",
          next.version(),
          from,
          next.router().routes().size());
      return true;
    } catch (TableRefused e) {
      refuse(from, e);
      return false;
    } finally {
      persist();
    }
  }

  /// Notes that the source has no table at all; the one in force stays.
  public void absent(String from) {
    metrics.tableRefused();
    LOG.log(Level.WARNING, "no routing table in {0}: the previous one stays in force", from);
  }

  /// Calls `listener` after each new table is in force; it must not block.
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /// The table in force; empty until the first good one.
  public Optional<InForce> current() {
    return Optional.ofNullable(inForce);
  }

  private InForce replace(byte[] good, boolean confirmed) throws TableRefused {
    Router router = new Router(TableJson.read(good));
    InForce now = inForce;
    InForce next =
        new InForce(router, now == null ? 1 : now.version() + 1, clock.instant(), confirmed);
    bytes = good.clone();
    inForce = next;
    metrics.tableAccepted(next.version());
    listeners.forEach(Runnable::run);
    return next;
  }

  private void refuse(String from, TableRefused why) {
    metrics.tableRefused();
    LOG.log(
        Level.ERROR,
        "routing table from {0} refused, the previous one stays in force: {1}",
        from,
        why.getMessage());
  }

  private void persist() {
    byte[] good = bytes;
    InForce now = inForce;
    if (good == null || now == null || !now.confirmed()) {
      return;
    }
    try {
      lastGood.write(good);
    } catch (IOException e) {
      metrics.tableNotKept();
      LOG.log(Level.ERROR, "the routing table could not be kept in " + lastGood.path(), e);
    }
  }
}
