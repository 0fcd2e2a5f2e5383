package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.MemoryLedger;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import dev.comptroller.gateway.money.Escrow;
import dev.comptroller.gateway.money.Growth;
import dev.comptroller.gateway.money.Opened;
import dev.comptroller.gateway.money.Terms;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/// The gateway's own desk: an escrow for each request, over its ledger's arithmetic.
final class GatewayDesk implements Desk {
  private static final Account.Feature ACCOUNT =
      new Account.Feature("team-a", "chat", Instant.EPOCH);

  private final MemoryLedger ledger;
  private final LongSupplier nanos;
  private final Cost cost;
  private final boolean whole;
  private final long most;
  private final Growth growth = new Growth();
  private final List<Bound> bounds;
  private final Map<Integer, Escrow> escrows = new HashMap<>();

  /// A desk over an empty ledger.
  ///
  /// @param limit of the account
  /// @param whole whether the worst case is held at once
  /// @param most output tokens that a request asks for
  GatewayDesk(Cost cost, long limit, boolean whole, long most, LongSupplier nanos) {
    this.ledger = new MemoryLedger(Clock.systemUTC(), nanos);
    this.nanos = nanos;
    this.cost = cost;
    this.whole = whole;
    this.most = most;
    this.bounds = List.of(new Bound(ACCOUNT, limit));
  }

  MemoryLedger ledger() {
    return ledger;
  }

  Standing standing() {
    return ledger.standing(ACCOUNT);
  }

  @Override
  public boolean open(int request, long input, long output) {
    Escrow escrow =
        new Escrow(
            ledger,
            new Terms("req/" + request, "print", () -> bounds, whole, false, input, most, 1),
            growth,
            nanos);
    boolean opened =
        asked(() -> escrow.open(cost.price(), cost.tariffPercent()) instanceof Opened.Open);
    if (opened) {
      escrows.put(request, escrow);
    }
    return opened;
  }

  @Override
  public boolean covers(int request, Usage used) {
    Escrow escrow = Objects.requireNonNull(escrows.get(request));
    return asked(() -> escrow.covers(used));
  }

  @Override
  public void settle(int request, Usage used) {
    Escrow escrow = Objects.requireNonNull(escrows.remove(request));
    var _ =
        asked(
            () ->
                escrow.settle(
                    escrow.charge(used), micros -> Lines.of("use/" + request, cost, used, micros)));
  }

  @Override
  public long held() {
    return standing().heldMicros();
  }

  private interface Ask<T> {
    T run() throws LedgerUnavailable, InterruptedException;
  }

  private static <T> T asked(Ask<T> ask) {
    try {
      return ask.run();
    } catch (LedgerUnavailable | InterruptedException e) {
      throw new IllegalStateException("a ledger in memory does not fail", e);
    }
  }
}
