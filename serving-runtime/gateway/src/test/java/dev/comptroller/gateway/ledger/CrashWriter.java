package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A process that reserves, extends and settles, and says what was acknowledged, until it is
/// killed.
final class CrashWriter {
  static final Account ACCOUNT =
      new Account.Feature("team-a", "chat", Instant.parse("2026-01-01T00:00:00Z"));
  static final long SLICE = 10;
  private static final int WORKERS = 16;

  private CrashWriter() {}

  static Reservation reservation(String key) {
    return new Reservation(
        key,
        "print of " + key,
        List.of(new Bound(ACCOUNT, 1_000_000_000L)),
        SLICE,
        LedgerFixture.PRICE,
        Duration.ofMinutes(1));
  }

  /// Arguments: a prefix of keys, then `sqlite FOLDER` or `postgres URL` (credentials in the
  /// environment).
  public static void main(String[] args) throws Exception {
    Database database =
        args[1].equals("sqlite")
            ? new Database.Embedded(Path.of(args[2]))
            : new Database.Postgres(
                args[2], System.getenv("CRASH_USER"), System.getenv("CRASH_PASSWORD"));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    ChargeLedger ledger =
        ChargeLedger.open(LedgerSettings.of(database, args[0]).withPatience(Duration.ofMinutes(1)));
    say(out, "open");
    for (int i = 0; i < WORKERS; i++) {
      String worker = args[0] + "-" + i;
      Thread.ofPlatform().start(() -> work(ledger, worker, out));
    }
  }

  private static void work(ChargeLedger ledger, String worker, PrintStream out) {
    try {
      for (int i = 0; ; i++) {
        String key = worker + "-" + i;
        HoldId hold = ((Reserved.Held) ledger.reserve(reservation(key))).hold();
        say(out, "held " + key);
        var _ = (Extended.Granted) ledger.extend(hold, SLICE, List.of());
        long charge = SLICE + i % SLICE;
        var _ = (Settled.Booked) ledger.settle(hold, charge, LedgerFixture.line(key, charge));
        say(out, "settled " + key + " " + charge);
      }
    } catch (LedgerUnavailable | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void say(PrintStream out, String what) {
    synchronized (out) {
      out.print(what + "\n");
      out.flush();
    }
  }
}
