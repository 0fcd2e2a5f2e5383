package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.metrics.WaitingGauge;
import dev.comptroller.gateway.route.Legs;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.wake.WakeLine;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What waits for the first replica of deployments that have none: interactive requests in their
/// line, and deferred requests and items of batches in the queue.
///
/// Queued work counts only as far as it could run if a replica were there: its payer is not barred,
/// its accounts have something left, and it is not put back for a while. Work that cannot run must
/// not start a replica that then has nothing to do.
final class Sleepers {
  private static final Logger LOG = System.getLogger(Sleepers.class.getName());

  private final LiveTable table;
  private final WakeLine line;
  private final ItemStore items;
  private final Waiters waiters;
  private final Purses purses;
  private final Clock clock;

  Sleepers(BatchQueue.Parts parts, ItemStore items, Waiters waiters, Purses purses) {
    this.table = parts.table();
    this.line = parts.line();
    this.items = items;
    this.waiters = waiters;
    this.purses = purses;
    this.clock = parts.clock();
  }

  /// Both classes of every deployment that requests may wait for.
  List<WaitingGauge.Row> rows() {
    Optional<Router> router = table.current().map(LiveTable.InForce::router);
    if (router.isEmpty()) {
      return List.of();
    }
    List<WaitingGauge.Row> rows = new ArrayList<>();
    boolean asleep = router.get().routes().stream().anyMatch(Sleepers::asleep);
    Map<String, Long> queued = asleep ? queued(router.get()) : Map.of();
    for (Route route : router.get().routes()) {
      if (route.wake() != null) {
        String model = Router.fullName(route);
        long deferred = asleep(route) ? queued.getOrDefault(model, 0L) : 0;
        rows.add(row(route, Names.CLASS_INTERACTIVE, line.interactive(model)));
        rows.add(row(route, Names.CLASS_BATCH, deferred));
      }
    }
    return rows;
  }

  private static WaitingGauge.Row row(Route route, String trafficClass, long waiting) {
    return new WaitingGauge.Row(route.namespace(), route.deployment(), trafficClass, waiting);
  }

  private static boolean asleep(Route route) {
    return route.wake() != null && Legs.open(route.legs()).isEmpty();
  }

  /// What could run of the queue, by model.
  private Map<String, Long> queued(Router router) {
    Instant now = clock.instant();
    Set<String> barred = Terms.barred(router, now);
    Map<String, Long> queued = new HashMap<>();
    for (String model : waiters.models()) {
      queued.merge(model, (long) waiters.waiting(model, barred), Long::sum);
    }
    try {
      Purses.Look payers = purses.look(barred);
      for (ItemStore.Backlog backlog : items.backlog(now)) {
        if (payers.pay(backlog.payer(), backlog.owner(), backlog.model())) {
          queued.merge(backlog.model(), backlog.items(), Long::sum);
        }
      }
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "what waits in the queue cannot be read: {0}", e.getMessage());
    }
    return queued;
  }
}
