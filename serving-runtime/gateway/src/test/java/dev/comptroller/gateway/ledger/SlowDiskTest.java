package dev.comptroller.gateway.ledger;

import static dev.comptroller.gateway.ledger.LedgerFixture.CHAT;
import static dev.comptroller.gateway.ledger.LedgerFixture.ask;
import static dev.comptroller.gateway.ledger.LedgerFixture.limit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.gateway.durable.WritePoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SlowDiskTest {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch writes = new CountDownLatch(1);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void shouldSendAwayWhoWaitsLongerThanItsPatience() throws Exception {
    try (ChargeLedger ledger = behind(PATIENCE)) {
      long start = System.nanoTime();
      List<Future<Reserved>> all = reserve(ledger, 20);

      for (Future<Reserved> each : all) {
        assertThatThrownBy(each::get)
            .hasCauseInstanceOf(LedgerUnavailable.class)
            .hasMessageContaining("the ledger did not write within 300 ms");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(PATIENCE);
      writes.countDown();
    }
  }

  @Test
  void shouldCarryOutWhatItTookAndForgetTheReservationsThatStillWaited() throws Exception {
    try (ChargeLedger ledger = behind(PATIENCE)) {
      Future<Reserved> taken = reserve(ledger, 1).getFirst();
      reached.await();
      assertThatThrownBy(() -> ledger.reserve(ask("late", 10, limit(CHAT, 1_000))))
          .isInstanceOf(LedgerUnavailable.class);
      assertThatThrownBy(taken::get).hasCauseInstanceOf(LedgerUnavailable.class);

      writes.countDown();

      assertThat(ledger.reserve(ask("key-0", 10, limit(CHAT, 1_000))))
          .isInstanceOf(Reserved.Replayed.class);
      assertThat(ledger.reserve(ask("late", 10, limit(CHAT, 1_000))))
          .isInstanceOf(Reserved.Held.class);
    }
  }

  @Test
  void shouldAnswerThoseWhoWaitWhenItIsClosed() throws Exception {
    ChargeLedger ledger = behind(Duration.ofSeconds(30));
    List<Future<Reserved>> all = reserve(ledger, 20);
    reached.await();
    Thread closes = Thread.ofVirtual().start(ledger::close);

    writes.countDown();

    for (Future<Reserved> each : all) {
      assertThat(each.get()).isInstanceOf(Reserved.Held.class);
    }
    closes.join();
  }

  @Test
  void shouldSendAwayWhoWaitsWhenItIsClosedAndTheDiskDoesNotCome() throws Exception {
    ChargeLedger ledger = behind(PATIENCE);
    Future<Reserved> taken = reserve(ledger, 1).getFirst();
    reached.await();

    ledger.close();

    assertThatThrownBy(taken::get).hasCauseInstanceOf(LedgerUnavailable.class);
    assertThatThrownBy(() -> ledger.reserve(ask("after", 10, limit(CHAT, 1_000))))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining("closed");
  }

  /// A ledger whose first commit waits for [#writes].
  private ChargeLedger behind(Duration patience) throws Exception {
    WritePoint point =
        (_, side) -> {
          if (side == WritePoint.Side.BEFORE) {
            reached.countDown();
            try {
              writes.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new IllegalStateException(e);
            }
          }
        };
    return ChargeLedger.open(
        LedgerSettings.embedded(folder).withPatience(patience).withPoint(point));
  }

  private static List<Future<Reserved>> reserve(ChargeLedger ledger, int count) {
    List<Future<Reserved>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Reservation asked = ask("key-" + i, 10, limit(CHAT, 1_000));
      FutureTask<Reserved> task = new FutureTask<>(() -> ledger.reserve(asked));
      var _ = Thread.ofVirtual().start(task);
      all.add(task);
    }
    return all;
  }
}
