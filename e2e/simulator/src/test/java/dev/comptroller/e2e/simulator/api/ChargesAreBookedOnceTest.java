package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.reconcile.charges.ChargeScrape;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.charges.Queues;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Charges by model are what gateways charged, although the operator is killed at its writes and at
/// random, stays away for minutes, and the gateway's process starts anew.
final class ChargesAreBookedOnceTest {
  private static final Instant START = Instant.parse("2026-03-10T06:00:00Z");
  private static final Window DAY = new Window(START, START.plus(Duration.ofDays(1)));

  private final VirtualClock clock = new VirtualClock(START);
  private final FakeApi api = new FakeApi(clock);
  private final Random random = new Random(7);
  private long total;
  private long counter;
  private int writes;
  private int processes;

  @Test
  void shouldBookEveryChargeOnceWhoeverIsKilled() throws InterruptedException {
    GatewayPod.start(api, clock);
    scrape(new Session(api, _ -> Fate.Done), new Charges()).look();
    for (int process = 0; process < 120; process++) {
      live(random.nextInt(1, 30));
      pass(random.nextInt(600));
    }
    assertThat(processes).isGreaterThan(10);
    assertThat(writes).isGreaterThan(100);

    Charges last = new Charges();
    Session session = new Session(api, _ -> Fate.Done);
    ChargeScrape scrape = scrape(session, last);
    scrape.look();
    assertThat(last.read("blue", DAY, List.of()).models())
        .containsExactly(new Charges.Sum("chat", new Money(total), total));
    clock.advance(clock.instant().plus(Duration.ofMinutes(2)));
    scrape.look();
    long version = api.version();
    clock.advance(clock.instant().plus(Duration.ofMinutes(2)));
    scrape.look();
    assertThat(api.version()).as("written at rest").isEqualTo(version);
  }

  /// One life of the operator: looks every 5 s, and is killed by some of its writes.
  private void live(int looks) throws InterruptedException {
    Session session =
        new Session(
            api,
            _ ->
                switch (++writes % 5) {
                  case 1 -> Fate.KilledBefore;
                  case 3 -> Fate.KilledAfter;
                  case 4 -> Fate.LostReply;
                  default -> Fate.Done;
                });
    Charges charges = new Charges();
    ChargeScrape scrape = scrape(session, charges);
    for (int i = 0; i < looks && !session.isDead(); i++) {
      boolean ends = random.nextInt(4) == 0;
      if (ends) {
        clock.advance(clock.instant().plus(Duration.ofMinutes(1)));
      }
      try {
        scrape.look();
        if (ends) {
          restart();
        }
      } catch (KubernetesClientException _) {
        // Tried again in the next round, if there is one.
      }
      pass(5);
    }
    session.kill();
  }

  private ChargeScrape scrape(Session session, Charges charges) {
    return new ChargeScrape(
        MemoryHttp.client(session),
        OperatorProcess.HOME,
        clock,
        Duration.ofSeconds(5),
        charges,
        new Queues(),
        new Demands(),
        ChargeScrape.Fleet.AWAKE,
        (_, path) -> path.equals("/metrics") ? Optional.of(metrics()) : Optional.empty());
  }

  /// Time passes, in which the gateway charges something.
  private void pass(int seconds) {
    int more = random.nextInt(1, 100);
    total += more;
    counter += more;
    clock.advance(clock.instant().plusSeconds(seconds));
  }

  /// The gateway's process ends once all that it charged is saved, and another one begins.
  private void restart() {
    processes++;
    counter = 0;
    clock.advance(clock.instant().plusSeconds(1));
    api.edit(
        GatewayPod.KEY,
        pod ->
            ((ObjectNode) pod.at("/status/containerStatuses/0/state/running"))
                .put("startedAt", clock.instant().toString()));
  }

  private String metrics() {
    String labels =
        "{namespace=\"blue\",feature=\"chat\",deployment=\"chat\",variant=\"large\"} " + counter;
    return "comptroller_charged_micros_total%s\ncomptroller_charged_requests_total%s\n"
        .formatted(labels, labels);
  }
}
