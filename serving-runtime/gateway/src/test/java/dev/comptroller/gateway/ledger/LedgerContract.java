package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every ledger promises of its operations.
abstract class LedgerContract extends LedgerFixture {
  @SuppressWarnings("NullAway.Init")
  Database database;

  @SuppressWarnings("NullAway.Init")
  ChargeLedger ledger;

  @BeforeEach
  void openLedger() throws Exception {
    database = fresh();
    ledger = open(database);
  }

  @AfterEach
  void closeAndVerify() throws Exception {
    ledger.close();
    assertThat(Verification.of(database).openHolds()).isGreaterThanOrEqualTo(0);
  }

  void reopen() throws Exception {
    ledger.close();
    ledger = open(database);
  }

  Standing at(Account account) throws Exception {
    return ledger.standing(account);
  }

  @Test
  void shouldHoldThenChargeTheActualAmountAndFreeTheRest() throws Exception {
    HoldId hold = hold(ledger, ask("a", 300, limit(CHAT, 1_000)));
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 0, 300, 1_000L));
    assertThat(ledger.settle(hold, 120, line("l", 120L))).isEqualTo(new Settled.Booked(120, 180));
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 120, 0, 1_000L));
    assertThat(at(CHAT).leftMicros()).isEqualTo(880);
    assertThat(ledger.recent(5)).containsExactly(line("l", 120L));
    assertThat(ledger.openHolds()).isZero();
  }

  @Test
  void shouldAdmitExactlyKOfPriceOneKth() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Reserved>> asked = new ArrayList<>();
      for (int i : IntStream.range(0, 1_000).toArray()) {
        asked.add(threads.submit(() -> ledger.reserve(ask("r" + i, 100, limit(CHAT, 3_700)))));
      }
      int held = 0;
      for (Future<Reserved> one : asked) {
        switch (one.get()) {
          case Reserved.Held _ -> held++;
          case Refused refused ->
              assertThat(refused).isEqualTo(new Refused(CHAT, 3_700, 0, refused.heldMicros(), 100));
          case Reserved other -> throw new AssertionError("" + other);
        }
      }
      assertThat(held).isEqualTo(37);
    }
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 0, 3_700, 3_700L));
    assertThat(at(CHAT).leftMicros()).isZero();
    assertThat(ledger.commits()).isLessThan(500);
  }

  @Test
  void shouldSpendALimitToTheLastSliceAndNoFurtherUnderAThousandSlicedRequests() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Long>> asked = new ArrayList<>();
      for (int i : IntStream.range(0, 1_000).toArray()) {
        asked.add(threads.submit(() -> sliced("r" + i)));
      }
      long charged = 0;
      for (Future<Long> one : asked) {
        charged += one.get();
      }
      assertThat(charged).isEqualTo(3_700);
    }
    // Verification checks every entry against the limit then in force.
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 3_700, 0, 3_709L));
  }

  /// Takes slices of 10 until it has 10 or the limit refuses one; what it was charged.
  private long sliced(String key) throws Exception {
    if (!(ledger.reserve(ask(key, 10, limit(CHAT, 3_709))) instanceof Reserved.Held(var hold, _))) {
      return 0;
    }
    long held = 10;
    while (held < 100 && ledger.extend(hold, 10, List.of()) instanceof Extended.Granted(long now)) {
      held = now;
    }
    assertThat(ledger.settle(hold, held, line(key, held))).isEqualTo(new Settled.Booked(held, 0));
    return held;
  }

  @Test
  void shouldKeepEntriesOfAnyKindThatShareACommit() throws Exception {
    int requests = 300;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> asked = new ArrayList<>();
      for (int i : IntStream.range(0, requests).toArray()) {
        asked.add(threads.submit(() -> request(i)));
      }
      for (Future<?> one : asked) {
        one.get();
      }
    }
    assertThat(ledger.commits()).isLessThan(2L * requests);
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 200 * 30, 0, at(CHAT).limitMicros()));
    assertThat(ledger.recent(2 * requests)).hasSize(requests);
    assertThat(Verification.of(database).entries()).isEqualTo(5L * requests);
  }

  /// Five entries: every third request is told another limit and ends without a charge.
  private boolean request(int i) throws Exception {
    boolean third = i % 3 == 0;
    HoldId hold = hold(ledger, ask("r" + i, 40, limit(CHAT, 1_000_000)));
    for (int slice = 0; slice < 3; slice++) {
      assertThat(ledger.extend(hold, 5, third ? List.of(limit(CHAT, 1_000_000 + i)) : List.of()))
          .isEqualTo(new Extended.Granted(45 + 5L * slice));
    }
    return third
        ? ledger.voidHold(hold, line("l" + i, 0L)) instanceof Voided.Freed
        : ledger.settle(hold, 30, line("l" + i, 30L)) instanceof Settled.Booked;
  }

  @Test
  void shouldRefuseAFeatureWhenItsNamespaceIsExhausted() throws Exception {
    hold(ledger, ask("a", 60, limit(ABROAD, 100), limit(SEARCH, 1_000)));
    assertThat(ledger.reserve(ask("b", 41, limit(ABROAD, 100), limit(CHAT, 1_000))))
        .isEqualTo(new Refused(ABROAD, 100, 0, 60, 41));
    assertThat(at(CHAT).heldMicros()).isZero();
    hold(ledger, ask("b", 40, limit(ABROAD, 100), limit(CHAT, 1_000)));
    assertThat(at(ABROAD).leftMicros()).isZero();
    assertThat(at(CHAT).heldMicros()).isEqualTo(40);
  }

  @Test
  void shouldCountWithoutLimitAndNeverRefuse() throws Exception {
    HoldId hold = hold(ledger, ask("a", Long.MAX_VALUE / 2, new Bound(CHAT, null)));
    assertThat(at(CHAT).leftMicros()).isEqualTo(Long.MAX_VALUE);
    // The only thing that stops it is the end of the numbers, and that is a refusal as well.
    assertThat(ledger.reserve(ask("b", Long.MAX_VALUE, new Bound(CHAT, null))))
        .isEqualTo(new Refused(CHAT, Long.MAX_VALUE, 0, Long.MAX_VALUE / 2, Long.MAX_VALUE));
    assertThat(ledger.voidHold(hold, null)).isEqualTo(new Voided.Freed(Long.MAX_VALUE / 2));
    HoldId unbound = hold(ledger, ask("c", Long.MAX_VALUE));
    assertThatThrownBy(() -> ledger.extend(unbound, 1, List.of()))
        .isInstanceOf(ArithmeticException.class);
    assertThat(ledger.settle(unbound, 1, null)).isInstanceOf(Settled.Booked.class);
  }

  @Test
  void shouldReplayAKeyInsteadOfHoldingTwice() throws Exception {
    Reservation asked = ask("a", 50, limit(CHAT, 100));
    HoldId hold = hold(ledger, asked);
    assertThat(ledger.reserve(asked))
        .isEqualTo(new Reserved.Replayed(hold, HoldState.OPEN, 50, null));
    var _ = ledger.settle(hold, 20, line("l", 20L));
    reopen();
    assertThat(ledger.reserve(asked))
        .isEqualTo(new Reserved.Replayed(hold, HoldState.SETTLED, 20, "l"));
    assertThat(ledger.reserve(new Reservation("a", "another", asked.bounds(), 50, PRICE, MINUTE)))
        .isEqualTo(new Reserved.KeyConflict(hold));
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 20, 0, 100L));
  }

  @Test
  void shouldRefuseToRunWithoutAPrice() throws Exception {
    assertThat(
            ledger.reserve(new Reservation("a", "f", List.of(limit(CHAT, 100)), 1, null, MINUTE)))
        .isEqualTo(new Reserved.PriceUnavailable());
    hold(ledger, ask("a", 1, limit(CHAT, 100)));
  }

  @Test
  void shouldLetARefusedKeyTryAgain() throws Exception {
    HoldId first = hold(ledger, ask("a", 100, limit(CHAT, 100)));
    assertThat(ledger.reserve(ask("b", 1, limit(CHAT, 100)))).isInstanceOf(Refused.class);
    var _ = ledger.voidHold(first, null);
    hold(ledger, ask("b", 1, limit(CHAT, 100)));
  }

  @Test
  void shouldExtendSliceBySliceUpToTheLimit() throws Exception {
    HoldId hold = hold(ledger, ask("a", 40, limit(CHAT, 100)));
    assertThat(ledger.extend(hold, 40, List.of())).isEqualTo(new Extended.Granted(80));
    assertThat(ledger.extend(hold, 40, List.of())).isEqualTo(new Refused(CHAT, 100, 0, 80, 40));
    assertThat(ledger.extend(hold, 40, List.of(limit(CHAT, 120))))
        .isEqualTo(new Extended.Granted(120));
    assertThat(ledger.settle(hold, 121, null)).isEqualTo(new Settled.Exceeds(120, 121));
    assertThat(ledger.settle(hold, 120, line("l", 120L))).isEqualTo(new Settled.Booked(120, 0));
    assertThat(ledger.extend(hold, 1, List.of())).isEqualTo(new Ended(HoldState.SETTLED, 120));
    assertThat(ledger.extend(new HoldId(9_999), 1, List.of()))
        .isEqualTo(new NoSuchHold(new HoldId(9_999)));
  }

  @Test
  void shouldEndAHoldOnce() throws Exception {
    HoldId hold = hold(ledger, ask("a", 40, limit(CHAT, 100)));
    var _ = ledger.settle(hold, 30, line("l", 30L));
    assertThat(ledger.settle(hold, 30, line("l", 30L))).isEqualTo(new Ended(HoldState.SETTLED, 30));
    assertThat(ledger.voidHold(hold, null)).isEqualTo(new Ended(HoldState.SETTLED, 30));
    HoldId other = hold(ledger, ask("b", 40, limit(CHAT, 100)));
    assertThat(ledger.voidHold(other, line("v", 0L))).isEqualTo(new Voided.Freed(40));
    assertThat(ledger.settle(other, 1, line("w", 1L))).isEqualTo(new Ended(HoldState.VOIDED, 0));
    assertThat(ledger.recent(9)).extracting(UsageLine::id).containsExactly("v", "l");
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 30, 0, 100L));
  }

  @Test
  void shouldExpireByIntervalWhateverTheWallClockDoes() throws Exception {
    HoldId lost = hold(ledger, ask("a", 40, limit(CHAT, 100)));
    HoldId alive = hold(ledger, ask("b", 40, limit(CHAT, 100)));
    wallMillis.addAndGet(Duration.ofHours(5).toMillis());
    pass(Duration.ofSeconds(59));
    assertThat(ledger.extend(alive, 0, List.of())).isEqualTo(new Extended.Granted(40));
    assertThat(ledger.openHolds()).isEqualTo(2);
    wallMillis.addAndGet(-Duration.ofHours(9).toMillis());
    pass(Duration.ofSeconds(1));
    await().until(() -> ledger.openHolds() == 1);
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 0, 40, 100L));
    assertThat(ledger.settle(lost, 5, line("l", 5L))).isEqualTo(new Ended(HoldState.EXPIRED, 0));
    assertThat(ledger.settle(alive, 5, line("l", 5L))).isEqualTo(new Settled.Booked(5, 35));
  }

  @Test
  void shouldExpireWhatARestartLeftOpenAndFreeExactlyThat() throws Exception {
    HoldId gone = hold(ledger, ask("a", 60, limit(CHAT, 100)));
    HoldId kept = hold(ledger, ask("b", 40, limit(CHAT, 100)));
    var _ = ledger.settle(kept, 25, line("l", 25L));
    pass(Duration.ofSeconds(40));
    reopen();
    assertThat(ledger.openHolds()).isEqualTo(1);
    assertThat(ledger.reserve(ask("c", 16, limit(CHAT, 100))))
        .isEqualTo(new Refused(CHAT, 100, 25, 60, 16));
    pass(Duration.ofSeconds(60));
    await().until(() -> ledger.openHolds() == 0);
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 25, 0, 100L));
    assertThat(ledger.voidHold(gone, null)).isEqualTo(new Ended(HoldState.EXPIRED, 0));
    hold(ledger, ask("c", 75, limit(CHAT, 100)));
  }

  @Test
  void shouldSettleWhatRunsAndRefuseNewWorkWhenALimitIsLowered() throws Exception {
    HoldId hold = hold(ledger, ask("a", 80, limit(CHAT, 100)));
    assertThat(ledger.reserve(ask("b", 1, limit(CHAT, 50))))
        .isEqualTo(new Refused(CHAT, 50, 0, 80, 1));
    assertThat(at(CHAT).overMicros()).isEqualTo(30);
    assertThat(at(CHAT).leftMicros()).isZero();
    assertThat(ledger.extend(hold, 0, List.of(limit(CHAT, 50))))
        .isEqualTo(new Extended.Granted(80));
    assertThat(ledger.settle(hold, 70, line("l", 70L))).isEqualTo(new Settled.Booked(70, 10));
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 70, 0, 50L));
    assertThat(at(CHAT).overMicros()).isEqualTo(20);
    reopen();
    assertThat(at(CHAT).overMicros()).isEqualTo(20);
  }

  @Test
  void shouldBookARequestInThePeriodOfItsReservation() throws Exception {
    Account next = new Account.Feature("team-a", "chat", FEBRUARY);
    HoldId late = hold(ledger, ask("a", 80, limit(CHAT, 100)));
    hold(ledger, ask("b", 90, limit(next, 100)));
    var _ = ledger.settle(late, 80, line("l", 80L));
    assertThat(at(CHAT).spentMicros()).isEqualTo(80);
    assertThat(at(next)).isEqualTo(new Standing(next, 0, 90, 100L));
    assertThat(ledger.standings(FEBRUARY)).extracting(Standing::account).containsExactly(next);
    assertThat(ledger.standings(JANUARY)).hasSize(2);
  }

  @Test
  void shouldCorrectByEntriesOfTheirOwnOnce() throws Exception {
    Account.TrueUp owner = new Account.TrueUp("team-b", "chat/large", JANUARY);
    Correction trueUp = new Correction.TrueUp("t", owner, -15, "posted price was too high");
    assertThat(ledger.correct(trueUp)).isInstanceOf(Corrected.Booked.class);
    assertThat(ledger.correct(trueUp)).isInstanceOf(Corrected.Repeated.class);
    assertThat(at(owner).spentMicros()).isEqualTo(-15);

    HoldId hold = hold(ledger, ask("a", 80, limit(ABROAD, 100), limit(CHAT, 100)));
    assertThat(ledger.correct(new Correction.Refund("r", hold, 1, "late")))
        .isEqualTo(new Corrected.NotRefundable(HoldState.OPEN, 0));
    var _ = ledger.settle(hold, 70, line("l", 70L));
    assertThat(ledger.correct(new Correction.Refund("r", hold, 71, "late")))
        .isEqualTo(new Corrected.NotRefundable(HoldState.SETTLED, 70));
    assertThat(ledger.correct(new Correction.Refund("r", hold, 70, "late")))
        .isInstanceOf(Corrected.Booked.class);
    reopen();
    assertThat(ledger.correct(new Correction.Refund("again", hold, 1, "late")))
        .isInstanceOf(Corrected.Repeated.class);
    assertThat(at(CHAT)).isEqualTo(new Standing(CHAT, 0, 0, 100L));
    assertThat(at(ABROAD).spentMicros()).isZero();
    assertThat(ledger.correct(new Correction.Refund("x", new HoldId(999), 1, "late")))
        .isEqualTo(new NoSuchHold(new HoldId(999)));
  }

  @Test
  void shouldRefuseALineThatDoesNotFitItsCharge() throws Exception {
    HoldId hold = hold(ledger, ask("a", 80, limit(CHAT, 100)));
    assertThatThrownBy(() -> ledger.settle(hold, 70, line("l", 71L)))
        .hasMessageContaining("charges 71 micro-dollars, the ledger is to charge 70");
    assertThatThrownBy(() -> ledger.voidHold(hold, line("l", 71L)))
        .isInstanceOf(IllegalArgumentException.class);
    HoldId other = hold(ledger, new Reservation("b", "f", List.of(), 80, PRICE + 1, MINUTE));
    assertThatThrownBy(() -> ledger.settle(other, 70, line("l", 70L)))
        .hasMessageContaining("price version 7, hold 2 was reserved at 8");
    assertThat(at(CHAT).heldMicros()).isEqualTo(80);
    assertThat(ledger.recent(1)).isEmpty();
  }

  @Test
  void shouldNotLetAnImpossibleLineHoldUpTheOthers() throws Exception {
    ledger.append(line("twice", 5L));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> bad =
          threads.submit(
              () -> {
                ledger.append(line("twice", 5L));
                return true;
              });
      hold(ledger, ask("a", 80, limit(CHAT, 100)));
      assertThatThrownBy(bad::get).hasMessageContaining("the ledger cannot take this");
    }
    assertThat(ledger.healthy()).isTrue();
    assertThat(at(CHAT).heldMicros()).isEqualTo(80);
  }
}
