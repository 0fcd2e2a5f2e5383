package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A ledger of a hundred lines that forgets nothing: it takes random steps on a real one and says
/// what each answer has to be.
final class LedgerModel {
  static final List<Account> ACCOUNTS =
      List.of(
          LedgerFixture.ABROAD,
          LedgerFixture.CHAT,
          LedgerFixture.SEARCH,
          new Account.Feature("team-a", "chat", LedgerFixture.FEBRUARY));

  private static final class Hold {
    final HoldId id;
    final Reservation asked;
    List<Bound> bounds;
    long held;
    HoldState state = HoldState.OPEN;
    long charged;
    @Nullable String line;
    boolean refunded;

    Hold(HoldId id, Reservation asked) {
      this.id = id;
      this.asked = asked;
      this.bounds = asked.bounds();
      this.held = asked.micros();
    }
  }

  private final Random random;
  private final List<Hold> holds = new ArrayList<>();
  private final Map<Account, Long> limits = new HashMap<>();
  private final Map<Account, Long> told = new HashMap<>();
  private final Set<String> outcomes = new HashSet<>();
  private String last = "";
  private int count;

  LedgerModel(Random random) {
    this.random = random;
    ACCOUNTS.forEach(account -> limits.put(account, 1_000L));
  }

  String last() {
    return last;
  }

  /// The kinds of answers seen.
  Set<String> outcomes() {
    return outcomes;
  }

  boolean restarts() {
    return random.nextInt(100) == 0;
  }

  Standing standing(Account account) {
    long spent = 0;
    long held = 0;
    for (Hold hold : holds) {
      if (hold.bounds.stream().anyMatch(bound -> bound.account().equals(account))) {
        held += hold.state == HoldState.OPEN ? hold.held : 0;
        spent += hold.refunded ? 0 : hold.charged;
      }
    }
    return new Standing(account, spent, held, told.get(account));
  }

  void step(ChargeLedger ledger, LedgerFixture time) throws Exception {
    count++;
    if (random.nextInt(12) == 0) {
      limits.put(ACCOUNTS.get(random.nextInt(ACCOUNTS.size())), random.nextLong(2_500));
    }
    int kind = holds.isEmpty() ? 0 : random.nextInt(10);
    Hold some = holds.isEmpty() ? null : holds.get(random.nextInt(holds.size()));
    if (kind < 3 || some == null) {
      reserve(ledger);
    } else if (kind < 5) {
      extend(ledger, some);
    } else if (kind < 7) {
      settle(ledger, some);
    } else if (kind == 7) {
      see(expectEnd(some, new Voided.Freed(some.held)), ledger.voidHold(some.id, null));
      end(some, HoldState.VOIDED, 0, null);
    } else if (kind == 8) {
      refund(ledger, some);
    } else {
      replay(ledger, some, time);
    }
  }

  private void reserve(ChargeLedger ledger) throws Exception {
    List<Bound> bounds = bounds(random.nextInt(4));
    Reservation asked =
        LedgerFixture.ask("k" + count, random.nextLong(400), bounds.toArray(Bound[]::new));
    tell(bounds);
    Refused refused = refusal(bounds, asked.micros());
    Reserved answer = ledger.reserve(asked);
    if (refused == null) {
      Reserved.Held held = (Reserved.Held) answer;
      see(new Reserved.Held(held.hold(), asked.micros()), answer);
      holds.add(new Hold(held.hold(), asked));
    } else {
      see(refused, answer);
    }
  }

  private void extend(ChargeLedger ledger, Hold hold) throws Exception {
    long micros = random.nextInt(4) == 0 ? 0 : random.nextLong(300);
    List<Bound> now =
        random.nextBoolean()
            ? List.of()
            : hold.bounds.stream()
                .map(bound -> new Bound(bound.account(), limits.get(bound.account())))
                .toList();
    Extended answer = ledger.extend(hold.id, micros, now);
    if (hold.state != HoldState.OPEN) {
      see(new Ended(hold.state, hold.charged), answer);
      return;
    }
    List<Bound> bounds = now.isEmpty() ? hold.bounds : now;
    Refused refused = micros == 0 ? null : refusal(bounds, micros);
    tell(bounds);
    if (refused == null) {
      hold.held += micros;
      hold.bounds = bounds;
      see(new Extended.Granted(hold.held), answer);
    } else {
      see(refused, answer);
    }
  }

  private void settle(ChargeLedger ledger, Hold hold) throws Exception {
    long micros = random.nextLong(hold.held + 20);
    String line = "line" + count;
    Settled answer = ledger.settle(hold.id, micros, LedgerFixture.line(line, micros));
    if (hold.state == HoldState.OPEN && micros > hold.held) {
      see(new Settled.Exceeds(hold.held, micros), answer);
      return;
    }
    see(expectEnd(hold, new Settled.Booked(micros, hold.held - micros)), answer);
    end(hold, HoldState.SETTLED, micros, line);
  }

  private void refund(ChargeLedger ledger, Hold hold) throws Exception {
    Corrected answer =
        ledger.correct(new Correction.Refund("refund" + count, hold.id, hold.charged, "late"));
    if (hold.refunded) {
      assertThat(answer).isInstanceOf(Corrected.Repeated.class);
    } else if (hold.state == HoldState.SETTLED) {
      assertThat(answer).isInstanceOf(Corrected.Booked.class);
      hold.refunded = true;
    } else {
      assertThat(answer).isEqualTo(new Corrected.NotRefundable(hold.state, 0));
    }
    last = answer.toString();
    outcomes.add(answer.getClass().getName());
  }

  private void replay(ChargeLedger ledger, Hold hold, LedgerFixture time) throws Exception {
    if (random.nextInt(6) == 0) {
      time.pass(LedgerFixture.MINUTE);
      org.awaitility.Awaitility.await().until(() -> ledger.openHolds() == 0);
      for (Hold open : holds) {
        end(open, HoldState.EXPIRED, 0, null);
      }
    }
    long micros = hold.state == HoldState.OPEN ? hold.held : hold.charged;
    see(new Reserved.Replayed(hold.id, hold.state, micros, hold.line), ledger.reserve(hold.asked));
    Reservation other =
        new Reservation(hold.asked.key(), "other", List.of(), 1, 1L, LedgerFixture.MINUTE);
    see(new Reserved.KeyConflict(hold.id), ledger.reserve(other));
  }

  private static Object expectEnd(Hold hold, Object first) {
    return hold.state == HoldState.OPEN ? first : new Ended(hold.state, hold.charged);
  }

  private static void end(Hold hold, HoldState state, long charged, @Nullable String line) {
    if (hold.state == HoldState.OPEN) {
      hold.state = state;
      hold.charged = charged;
      hold.line = line;
    }
  }

  private List<Bound> bounds(int shape) {
    return switch (shape) {
      case 0 -> List.of(bound(0), bound(1));
      case 1 -> List.of(bound(0), bound(2));
      case 2 -> List.of(bound(2));
      default -> List.of(bound(3));
    };
  }

  private Bound bound(int account) {
    return new Bound(ACCOUNTS.get(account), limits.get(ACCOUNTS.get(account)));
  }

  private void tell(List<Bound> bounds) {
    for (Bound bound : bounds) {
      Long limit = bound.limitMicros();
      if (limit != null) {
        told.put(bound.account(), limit);
      }
    }
  }

  private @Nullable Refused refusal(List<Bound> bounds, long micros) {
    for (Bound bound : bounds) {
      Standing standing = standing(bound.account());
      Long limit = bound.limitMicros();
      if (limit != null && standing.spentMicros() + standing.heldMicros() + micros > limit) {
        return new Refused(
            bound.account(), limit, standing.spentMicros(), standing.heldMicros(), micros);
      }
    }
    return null;
  }

  private void see(Object expected, Object answer) {
    last = answer.toString();
    outcomes.add(
        answer.getClass().getName()
            + (answer instanceof Reserved.Replayed replayed ? replayed.state() : ""));
    assertThat(answer).isEqualTo(expected);
  }
}
