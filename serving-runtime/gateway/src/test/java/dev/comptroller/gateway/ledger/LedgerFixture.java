package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import dev.comptroller.gateway.meter.Usage;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What tests of the ledger have in common, whatever database keeps it.
abstract class LedgerFixture {
  static final Instant JANUARY = Instant.parse("2026-01-01T00:00:00Z");
  static final Instant FEBRUARY = Instant.parse("2026-02-01T00:00:00Z");
  static final Account CHAT = new Account.Feature("team-a", "chat", JANUARY);
  static final Account SEARCH = new Account.Feature("team-a", "search", JANUARY);
  static final Account ABROAD = new Account.Abroad("team-a", JANUARY);
  static final Duration MINUTE = Duration.ofMinutes(1);
  static final long PRICE = 7;

  final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  final AtomicLong wallMillis = new AtomicLong(JANUARY.toEpochMilli());

  /// A new, empty database.
  abstract Database fresh() throws Exception;

  /// A connection to it, for what a ledger would never do.
  abstract Connection connect(Database database) throws SQLException;

  ChargeLedger open(Database database) throws Exception {
    return ChargeLedger.open(
        LedgerSettings.of(database, "gateway-0")
            .withTime(Duration.ofSeconds(1), clock(), nanos::get));
  }

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  void sql(Database database, String... statements) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static Bound limit(Account account, long micros) {
    return new Bound(account, micros);
  }

  static Reservation ask(String key, long micros, Bound... bounds) {
    return new Reservation(key, "print of " + key, List.of(bounds), micros, PRICE, MINUTE);
  }

  static HoldId hold(ChargeLedger ledger, Reservation reservation) throws Exception {
    return switch (ledger.reserve(reservation)) {
      case Reserved.Held(HoldId hold, _) -> hold;
      case Reserved other -> throw new AssertionError("not held: " + other);
    };
  }

  static UsageLine line(String id, @Nullable Long charge) {
    return new UsageLine(
        id,
        "req-" + id,
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        "chat",
        "team-b",
        "chat",
        "large",
        "chat-0",
        "team-a",
        "chat",
        "interactive",
        true,
        Outcome.OK,
        200,
        "stop",
        new Usage(10, 3, 4, false),
        PRICE,
        charge,
        100,
        99L,
        12);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochMilli(wallMillis.get());
      }
    };
  }
}
