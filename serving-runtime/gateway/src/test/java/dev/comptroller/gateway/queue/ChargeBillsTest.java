package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.Usage;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChargeBillsTest {
  private static final Owner OWNER = new Owner("team-a", "night");
  private static final Account.Feature ACCOUNT =
      new Account.Feature("team-a", "night", Instant.parse("2026-01-01T00:00:00Z"));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final AtomicLong nanos = new AtomicLong();

  @SuppressWarnings("NullAway.Init")
  private ChargeLedger ledger;

  @SuppressWarnings("NullAway.Init")
  private ChargeBills bills;

  @BeforeEach
  void open() throws Exception {
    ledger =
        ChargeLedger.open(
            LedgerSettings.embedded(folder)
                .withTime(Duration.ofMillis(1), Clock.systemUTC(), nanos::get));
    bills = new ChargeBills(ledger, (_, _) -> List.of(new Bound(ACCOUNT, 1_000L)));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private static Claimed item(int attempt) {
    return new Claimed(
        1,
        1,
        "batch_0",
        OWNER,
        "/v1/completions",
        "file-0",
        7,
        "a",
        attempt,
        0,
        0,
        10,
        "team-a/chat",
        "team-a",
        30,
        Instant.EPOCH);
  }

  private long hold(int attempt, long micros) throws Exception {
    return switch (bills.hold(item(attempt), micros, 3)) {
      case Bills.Hold.Held(long number) -> number;
      case Bills.Hold.NoMoney(String why) -> throw new AssertionError(why);
    };
  }

  private static Bills.Answered answered(long hold, long micros) {
    return new Bills.Answered(
        ChargeBills.key("batch_0", 7),
        hold,
        OWNER,
        "team-a/chat",
        micros,
        3,
        charged ->
            new UsageLine(
                "use_batch_req_0_7",
                "batch_req_0_7",
                Instant.EPOCH,
                "team-a/chat",
                "team-a",
                "chat",
                "large",
                "r",
                "team-a",
                "night",
                "batch",
                false,
                Outcome.OK,
                200,
                null,
                new Usage(1, 0, 1, false),
                3L,
                charged,
                50,
                null,
                1));
  }

  private Standing standing() throws Exception {
    return ledger.standing(ACCOUNT);
  }

  @Test
  void shouldChargeAnItemOnceHoweverOftenItIsSettledAndFreeTheAttemptsThatCameToNothing()
      throws Exception {
    long lost = hold(1, 200);
    long won = hold(2, 200);
    assertThat(standing().heldMicros()).isEqualTo(400);
    assertThat(bills.settle(answered(won, 90))).isEqualTo(90);
    bills.free(lost);
    bills.free(won);
    assertThat(bills.settle(answered(won, 90))).isEqualTo(90);
    assertThat(standing().spentMicros()).isEqualTo(90);
    assertThat(standing().heldMicros()).isZero();
    assertThat(ledger.recent(10)).hasSize(1);
  }

  @Test
  void shouldChargeOnceUnderANewHoldWhatWasAnsweredBeforeItsHoldExpired() throws Exception {
    long hold = hold(1, 200);
    nanos.addAndGet(Duration.ofHours(2).toNanos());
    Awaitility.await().until(() -> ledger.openHolds() == 0);
    assertThat(bills.settle(answered(hold, 90))).isEqualTo(90);
    assertThat(bills.settle(answered(hold, 90))).isEqualTo(90);
    assertThat(standing().spentMicros()).isEqualTo(90);
    assertThat(ledger.recent(10))
        .singleElement()
        .matches(line -> Long.valueOf(90).equals(line.chargeMicros()));
  }

  @Test
  void shouldHoldTheRestWhenTheEngineCountsMoreAndNeverExceedALimit() throws Exception {
    assertThat(bills.settle(answered(hold(1, 100), 300))).isEqualTo(300);
    assertThat(standing().spentMicros()).isEqualTo(300);
    assertThat(bills.hold(item(2), 701, 3))
        .isInstanceOfSatisfying(
            Bills.Hold.NoMoney.class,
            refused -> assertThat(refused.why()).contains("700 of 1000 micro-dollars left"));
  }

  @Test
  void shouldChargeWhatIsHeldWhereThereIsNoRoomForMore() throws Exception {
    assertThat(bills.settle(answered(hold(1, 900), 1_200))).isEqualTo(900);
    assertThat(standing().spentMicros()).isEqualTo(900);
  }

  @Test
  void shouldLeaveAFreeLineForWhatExpiredAndHasNoRoomAnyMore() throws Exception {
    long hold = hold(1, 600);
    nanos.addAndGet(Duration.ofHours(2).toNanos());
    Awaitility.await().until(() -> ledger.openHolds() == 0);
    long other = hold(2, 600);
    assertThat(bills.settle(answered(hold, 600))).isZero();
    assertThat(bills.settle(answered(hold, 600))).isZero();
    bills.free(other);
    assertThat(ledger.recent(10))
        .singleElement()
        .matches(line -> Long.valueOf(0).equals(line.chargeMicros()));
  }
}
