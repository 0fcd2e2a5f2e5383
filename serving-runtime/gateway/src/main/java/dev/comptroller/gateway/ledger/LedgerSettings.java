package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.durable.WritePoint;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.function.LongSupplier;

/// Where a ledger is and how it behaves.
///
/// @param database what keeps it
/// @param gateway the writer's name in its entries
/// @param patience how long an operation waits for the disk
/// @param sweep how often holds are looked at for expiry
/// @param clock dates entries; no decision depends on it
/// @param nanos monotonic; holds expire by it
/// @param point of the commits
public record LedgerSettings(
    Database database,
    String gateway,
    Duration patience,
    Duration sweep,
    Clock clock,
    LongSupplier nanos,
    WritePoint point) {
  /// A database.
  public sealed interface Database {
    /// SQLite in a data folder, for one gateway.
    record Embedded(Path data) implements Database {}

    /// PostgreSQL, for any number of gateways.
    ///
    /// @param url `jdbc:postgresql://...`, without credentials
    record Postgres(String url, String user, String password) implements Database {
      public Postgres {
        if (!url.startsWith("jdbc:postgresql://")) {
          throw new IllegalArgumentException(
              "--ledger-url must start with jdbc:postgresql://, is " + url);
        }
        if (url.matches(".*[?&](user|password)=.*")) {
          throw new IllegalArgumentException(
              "--ledger-url must not carry user or password: set COMPTROLLER_LEDGER_USER and"
                  + " COMPTROLLER_LEDGER_PASSWORD");
        }
      }

      @Override
      public String toString() {
        return url;
      }
    }
  }

  /// A ledger in a data folder, as a gateway in service keeps it.
  public static LedgerSettings embedded(Path data) {
    return of(new Database.Embedded(data), "gateway");
  }

  /// A ledger as a gateway in service keeps it.
  public static LedgerSettings of(Database database, String gateway) {
    return new LedgerSettings(
        database,
        gateway,
        Duration.ofSeconds(10),
        Duration.ofSeconds(1),
        Clock.systemUTC(),
        System::nanoTime,
        WritePoint.OPEN);
  }

  /// The same with another patience.
  public LedgerSettings withPatience(Duration other) {
    return new LedgerSettings(database, gateway, other, sweep, clock, nanos, point);
  }

  /// The same with other sources of time.
  public LedgerSettings withTime(Duration otherSweep, Clock otherClock, LongSupplier otherNanos) {
    return new LedgerSettings(
        database, gateway, patience, otherSweep, otherClock, otherNanos, point);
  }

  /// The same with another point of its commits.
  public LedgerSettings withPoint(WritePoint other) {
    return new LedgerSettings(database, gateway, patience, sweep, clock, nanos, other);
  }
}
