package dev.comptroller.gateway.queue;

import dev.comptroller.protocol.routing.Route.Replica;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// How often replicas died lately, over all that queued work used.
///
/// Two sums that fade by an e-th part in an hour. They are kept in the database at every death,
/// because a gateway may die of what its replicas die of, and would then judge items as if nothing
/// ever died.
final class Weather {
  /// What ran together on a replica breaks within this time of each other: one death.
  static final Duration SAME_CRASH = Duration.ofSeconds(5);

  private static final Duration FADE = Duration.ofHours(1);

  /* A replica that nobody looked at for longer may have come and gone meanwhile. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  /// The sums at a moment.
  ///
  /// @param deaths of replicas
  /// @param replicaMillis over which they were seen
  record Sums(double deaths, double replicaMillis) {
    private Sums after(long millis) {
      double left = Math.exp(-Math.max(0, millis) / (double) FADE.toMillis());
      return new Sums(deaths * left, replicaMillis * left);
    }

    double replicaSeconds() {
      return replicaMillis / 1e3;
    }
  }

  private record Kept(Sums sums, long at) {}

  /// A replica as it was seen last.
  private static final class Seen {
    private long lookedAt;
    private Optional<Long> diedAt = Optional.empty();

    private Seen(long now) {
      this.lookedAt = now;
    }
  }

  private final QueueDatabase database;
  private final Clock clock;
  private final Map<String, Seen> byAddress = new HashMap<>();
  private Sums sums = new Sums(0, 0);
  private long at;

  Weather(QueueDatabase database, Clock clock) {
    this.database = database;
    this.clock = clock;
    this.at = clock.millis();
  }

  /// Takes up what an earlier process saw.
  void restore() throws SQLException {
    Optional<Kept> kept =
        database.read(
            connection ->
                Sql.first(
                    connection,
                    "SELECT deaths, replica_millis, at_ms FROM weather",
                    row -> new Kept(new Sums(row.getDouble(1), row.getDouble(2)), row.getLong(3))));
    synchronized (this) {
      kept.ifPresent(found -> sums = found.sums().after(clock.millis() - found.at()));
      at = clock.millis();
    }
  }

  /// Notes that a replica is there.
  synchronized void saw(Replica replica) {
    long now = fade();
    Seen seen = byAddress.computeIfAbsent(replica.address(), _ -> new Seen(now));
    long since = now - seen.lookedAt;
    if (since > 0 && since <= LOOK.toMillis()) {
      sums = new Sums(sums.deaths(), sums.replicaMillis() + since);
    }
    seen.lookedAt = now;
  }

  /// Notes that a run ended because its replica died, which may have been noted already.
  void died(Replica replica) throws SQLException, InterruptedException {
    if (isNews(replica)) {
      keep();
    }
  }

  private synchronized boolean isNews(Replica replica) {
    long now = fade();
    Seen seen = byAddress.computeIfAbsent(replica.address(), _ -> new Seen(now));
    boolean known =
        seen.diedAt.filter(last -> Math.abs(now - last) < SAME_CRASH.toMillis()).isPresent();
    if (!known) {
      seen.diedAt = Optional.of(now);
      sums = new Sums(sums.deaths() + 1, sums.replicaMillis());
    }
    return !known;
  }

  /// How often replicas died lately.
  synchronized Sums lately() {
    long _ = fade();
    return sums;
  }

  /// Keeps the sums.
  void keep() throws SQLException, InterruptedException {
    Kept kept;
    synchronized (this) {
      long now = fade();
      kept = new Kept(sums, now);
    }
    int _ =
        database.write(
            connection ->
                Sql.update(
                    connection,
                    "INSERT INTO weather VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
                        + " deaths = excluded.deaths, replica_millis = excluded.replica_millis,"
                        + " at_ms = excluded.at_ms",
                    kept.sums().deaths(),
                    kept.sums().replicaMillis(),
                    kept.at()));
  }

  private long fade() {
    long now = clock.millis();
    if (now != at) {
      sums = sums.after(now - at);
      at = now;
      byAddress.values().removeIf(seen -> now - seen.lookedAt > FADE.toMillis());
    }
    return now;
  }
}
