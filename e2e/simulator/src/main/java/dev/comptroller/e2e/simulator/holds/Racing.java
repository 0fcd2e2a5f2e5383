package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.Corrected;
import dev.comptroller.gateway.ledger.Correction;
import dev.comptroller.gateway.ledger.Extended;
import dev.comptroller.gateway.ledger.HoldId;
import dev.comptroller.gateway.ledger.MemoryLedger;
import dev.comptroller.gateway.ledger.Reservation;
import dev.comptroller.gateway.ledger.Reserved;
import dev.comptroller.gateway.ledger.Settled;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.ledger.Voided;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A ledger before and after whose every operation others may act, and the gateway may die.
final class Racing implements ChargeLedger {
  /// The gateway died: whoever asked never gets an answer.
  static final class Died extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Died() {
      super("the gateway died", null, false, false);
    }
  }

  private final MemoryLedger ledger;
  private final Runnable between;
  private final Map<String, HoldId> latest = new HashMap<>();

  /// A ledger in a race.
  ///
  /// @param between lets others act, checks, and may throw [Died]
  Racing(MemoryLedger ledger, Runnable between) {
    this.ledger = ledger;
    this.between = between;
  }

  /// What the latest hold of a key holds.
  long held(String key) {
    HoldId hold = latest.get(key);
    return hold == null ? 0 : ledger.held(hold);
  }

  private <T> T race(Supplier<T> operation) {
    between.run();
    T answer = operation.get();
    between.run();
    return answer;
  }

  @Override
  public Reserved reserve(Reservation reservation) {
    return race(
        () -> {
          Reserved answer = ledger.reserve(reservation);
          if (answer instanceof Reserved.Held(HoldId hold, _)) {
            String key = reservation.key();
            latest.put(key.substring(0, key.lastIndexOf('#')), hold);
          }
          return answer;
        });
  }

  @Override
  public Extended extend(HoldId hold, long micros, List<Bound> bounds) {
    return race(() -> ledger.extend(hold, micros, bounds));
  }

  @Override
  public Settled settle(HoldId hold, long micros, @Nullable UsageLine line) {
    return race(() -> ledger.settle(hold, micros, line));
  }

  @Override
  public Voided voidHold(HoldId hold, @Nullable UsageLine line) {
    return race(() -> ledger.voidHold(hold, line));
  }

  @Override
  public Corrected correct(Correction correction) {
    return race(() -> ledger.correct(correction));
  }

  @Override
  public void append(UsageLine line) {
    boolean _ =
        race(
            () -> {
              ledger.append(line);
              return true;
            });
  }

  @Override
  public Standing standing(Account account) {
    return ledger.standing(account);
  }

  @Override
  public List<Standing> standings(Instant from) {
    return ledger.standings(from);
  }

  @Override
  public int openHolds() {
    return ledger.openHolds();
  }

  @Override
  public List<UsageLine> recent(int limit) {
    return ledger.recent(limit);
  }

  @Override
  public boolean healthy() {
    return ledger.healthy();
  }

  @Override
  public long lines() {
    return ledger.lines();
  }

  @Override
  public long commits() {
    return ledger.commits();
  }

  @Override
  public int waiting() {
    return ledger.waiting();
  }

  @Override
  public void close() {
    ledger.close();
  }
}
