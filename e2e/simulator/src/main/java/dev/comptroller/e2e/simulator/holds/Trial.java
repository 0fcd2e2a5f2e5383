package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.MemoryLedger;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.money.Cost;
import dev.comptroller.gateway.money.Growth;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// A few requests that race for one limit, each operation of one between any two of the others',
/// while the gateway dies now and then and holds expire. The same seed is the same trial.
///
/// Checked at every operation: spent and held are within the limit of every account, and nothing
/// was passed on that is not held. At the end: no hold is left, spent is the sum of the usage
/// lines, every charge that was acknowledged is there, and no key is charged twice. Where all hold
/// their worst case in full and each costs a k-th of the limit, exactly k were charged.
final class Trial {
  private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
  private static final Account FEATURE = new Account.Feature("team-a", "chat", Instant.EPOCH);
  private static final Account ABROAD = new Account.Abroad("team-a", Instant.EPOCH);
  private static final long LIFETIME = Duration.ofMinutes(31).toNanos();
  private static final int MOST_ACTS = 400;

  private final SplittableRandom random;
  private final MemoryLedger ledger = new MemoryLedger(CLOCK, this::nanos);
  private final List<Client> clients = new ArrayList<>();
  private final Cost cost;
  private final boolean equal;
  private final int shares;
  private final List<Bound> bounds;
  private final int deadliness;
  private Racing racing = new Racing(ledger, this::between);
  private Growth growth = new Growth();
  private long nanos;
  private int deaths;
  private int depth;
  private boolean calm;

  Trial(long seed) {
    random = new SplittableRandom(seed);
    long price = 1_000_000L * (1 + random.nextInt(20));
    cost = new Cost(new PostedPrice(1, "Declared", price / 3, price / 7, price), 100);
    equal = random.nextInt(3) == 0;
    shares = 1 + random.nextInt(8);
    deadliness = random.nextInt(4) == 0 ? 0 : 10 + random.nextInt(150);
    int many = 2 + random.nextInt(2 * shares + 2);
    long input = random.nextLong(1, 101);
    long most = random.nextLong(20, 220);
    boolean sliced = !equal && random.nextBoolean();
    for (int i = 0; i < many; i++) {
      clients.add(new Client(equal ? equal(i, input, most) : any(i, sliced), cost));
    }
    long limit =
        equal
            ? Math.multiplyExact(shares, cost.worst(input, most))
            : random.nextLong(1 + cost.worst(80L * many, 160L * many));
    bounds = new ArrayList<>();
    if (!equal && random.nextBoolean()) {
      bounds.add(new Bound(ABROAD, limit + random.nextLong(1 + limit / 2) - limit / 4));
    }
    bounds.add(new Bound(FEATURE, limit));
  }

  private Client.Ask equal(int i, long input, long most) {
    return new Client.Ask("c" + i, random.nextBoolean(), true, false, input, input, most, most);
  }

  private Client.Ask any(int i, boolean sliced) {
    long input = random.nextLong(1, 101);
    long most = random.nextLong(1, 301);
    boolean whole = !sliced && random.nextBoolean();
    return new Client.Ask(
        "c" + i,
        random.nextBoolean(),
        whole,
        random.nextBoolean(),
        input + (random.nextBoolean() ? 0 : random.nextLong(300)),
        input,
        most,
        1 + random.nextLong(most));
  }

  private long nanos() {
    return nanos;
  }

  int deaths() {
    return deaths;
  }

  long operations() {
    return ledger.entries();
  }

  /// Runs it; throws IllegalStateException if a promise is broken.
  Trial run() throws LedgerUnavailable, InterruptedException {
    race();
    nanos += LIFETIME;
    int _ = ledger.sweep();
    require(ledger.openHolds() == 0, "a hold is left when all have expired");
    calm = true;
    if (equal) {
      for (int i = 0; i <= shares; i++) {
        clients.add(clients.getFirst().twin("d" + i));
      }
    }
    clients.forEach(Client::again);
    race();
    finish();
    return this;
  }

  private void race() throws LedgerUnavailable, InterruptedException {
    int acts = 0;
    while (acts < MOST_ACTS || calm) {
      List<Client> able = able();
      if (able.isEmpty()) {
        return;
      }
      acts++;
      try {
        act(able.get(random.nextInt(able.size())));
      } catch (Racing.Died _) {
        die();
      }
      pass();
    }
    die();
  }

  private List<Client> able() {
    return clients.stream()
        .filter(client -> !client.acting())
        .filter(
            client ->
                client.state() == Client.State.WAITING || client.state() == Client.State.RUNNING)
        .toList();
  }

  private void act(Client client) throws LedgerUnavailable, InterruptedException {
    client.act(racing, bounds, growth, this::nanos, random);
  }

  private void pass() {
    int chance = random.nextInt(1_000);
    nanos += calm || chance >= 20 ? 1_000_000L : chance == 0 ? LIFETIME : 360_000_000_000L;
    if (!calm && random.nextInt(20) == 0) {
      clients.forEach(Client::again);
    }
    if (random.nextInt(10) == 0) {
      int _ = ledger.sweep();
      check();
    }
  }

  private void die() {
    deaths++;
    ledger.crash();
    racing = new Racing(ledger, this::between);
    growth = new Growth();
    depth = 0;
    clients.forEach(Client::lost);
  }

  /// Between any two operations: others act, and the gateway may die.
  private void between() {
    check();
    if (calm) {
      return;
    }
    if (deadliness > 0 && random.nextInt(deadliness) == 0) {
      throw new Racing.Died();
    }
    List<Client> able = depth < 6 && random.nextInt(4) == 0 ? able() : List.of();
    if (!able.isEmpty()) {
      depth++;
      try {
        act(able.get(random.nextInt(able.size())));
      } catch (LedgerUnavailable | InterruptedException e) {
        throw new IllegalStateException("a ledger in memory does not fail", e);
      }
      depth--;
    }
  }

  private void check() {
    for (Bound bound : bounds) {
      Standing standing = ledger.standing(bound.account());
      Long limit = bound.limitMicros();
      require(
          standing.spentMicros() >= 0
              && standing.heldMicros() >= 0
              && (limit == null || standing.spentMicros() + standing.heldMicros() <= limit),
          "over its limit: " + standing);
    }
  }

  private void finish() {
    check();
    require(ledger.openHolds() == 0, "a hold is left when all is over");
    Map<String, Long> charged = new HashMap<>();
    long sum = 0;
    for (UsageLine line : ledger.recent(Integer.MAX_VALUE)) {
      Long micros = line.chargeMicros();
      if (micros != null && micros > 0) {
        sum += micros;
        require(charged.put(line.id(), micros) == null, line.id() + " is charged twice");
      }
    }
    for (Bound bound : bounds) {
      require(
          ledger.standing(bound.account()).spentMicros() == sum,
          "spent is not the sum of the lines, " + sum);
    }
    for (Client client : clients) {
      long told = client.acknowledged();
      require(
          told == 0 || Long.valueOf(told).equals(charged.get(client.line())),
          client.line() + " was told a charge of " + told + " that is not in the ledger");
    }
    require(!equal || charged.size() == shares, charged.size() + " of " + shares + " were charged");
    ledger.crash();
    check();
  }

  private static void require(boolean held, String message) {
    if (!held) {
      throw new IllegalStateException(message);
    }
  }
}
