package dev.comptroller.gateway.money;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.HoldId;
import dev.comptroller.gateway.ledger.MemoryLedger;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.Reservation;
import dev.comptroller.gateway.ledger.Reserved;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EscrowTest {
  private static final Account ACCOUNT = new Account.Feature("team-a", "chat", Instant.EPOCH);

  /// A micro-dollar a token.
  private static final PostedPrice PRICE =
      new PostedPrice(1, "Declared", 1_000_000, 1_000_000, 1_000_000);

  private final MemoryLedger ledger = new MemoryLedger(Clock.systemUTC(), () -> 0);
  private final Growth growth = new Growth();

  private Escrow escrow(String key, boolean whole, long input, long output, long limit) {
    List<Bound> bounds = List.of(new Bound(ACCOUNT, limit));
    return new Escrow(
        ledger,
        new Terms(key, "print", () -> bounds, whole, true, input, output, 1),
        growth,
        () -> 0);
  }

  @Test
  void shouldNotRunARepeatedKeyAgainWhenItsHoldHadToShrink() throws Exception {
    HoldId other =
        ((Reserved.Held)
                ledger.reserve(
                    new Reservation(
                        "other",
                        "print",
                        List.of(new Bound(ACCOUNT, 1_000L)),
                        600,
                        1L,
                        Duration.ofMinutes(1))))
            .hold();
    Escrow first = escrow("key", true, 100, 700, 1_000);
    assertThat(first.open(PRICE, 100)).isEqualTo(new Opened.Open(299));
    Usage used = new Usage(100, 0, 200, false);
    assertThat(first.settle(first.charge(used), micros -> line(used, micros)).chargeMicros())
        .isEqualTo(300);
    var _ = ledger.voidHold(other, null);

    assertThat(escrow("key", true, 100, 700, 1_000).open(PRICE, 100))
        .isEqualTo(new Opened.Done(300));
    assertThat(ledger.standing(ACCOUNT).spentMicros()).isEqualTo(300);
    assertThat(ledger.openHolds()).isZero();
  }

  @Test
  void shouldRefuseANewcomerThatWouldHaveARunningAnswerCut() throws Exception {
    Escrow running = escrow("running", false, 10, 1_000, 400);
    assertThat(running.open(PRICE, 100)).isInstanceOf(Opened.Open.class);
    for (int written = 1; written <= 150; written++) {
      assertThat(running.covers(new Usage(10, 0, written, false))).isTrue();
    }
    long held = ledger.standing(ACCOUNT).heldMicros();

    assertThat(escrow("large", false, 100, 1_000, 400).open(PRICE, 100))
        .isInstanceOf(Opened.TooLittle.class);
    assertThat(ledger.standing(ACCOUNT).heldMicros()).isEqualTo(held);
    assertThat(escrow("small", false, 10, 1_000, 400).open(PRICE, 100))
        .isInstanceOf(Opened.Open.class);

    Usage all = new Usage(10, 0, 150, false);
    UsageLine _ = running.settle(running.charge(all), micros -> line(all, micros));
    assertThat(growth.of(ACCOUNT)).as("growth of what has ended").isZero();
  }

  private static UsageLine line(Usage used, long micros) {
    return new UsageLine(
        "use",
        "req",
        Instant.EPOCH,
        "chat",
        "team-a",
        "chat",
        "large",
        "r",
        "team-a",
        "chat",
        "interactive",
        true,
        Outcome.OK,
        200,
        "stop",
        used,
        1L,
        micros,
        100,
        null,
        0);
  }
}
