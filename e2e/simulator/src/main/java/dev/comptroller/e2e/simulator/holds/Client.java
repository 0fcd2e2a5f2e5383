package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import dev.comptroller.gateway.money.Escrow;
import dev.comptroller.gateway.money.Growth;
import dev.comptroller.gateway.money.Opened;
import dev.comptroller.gateway.money.Terms;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One client with one request, which it repeats when the gateway dies.
final class Client {
  /// What a request is.
  ///
  /// @param keyed whether the client repeats it under the same idempotency key
  /// @param whole whether its worst case is held at once
  /// @param shrinks whether it takes less output where less is left
  /// @param bound of its input, as far as it was known before the engine counted it
  /// @param most output tokens that it asks for
  /// @param output tokens that it comes to
  record Ask(
      String name,
      boolean keyed,
      boolean whole,
      boolean shrinks,
      long bound,
      long input,
      long most,
      long output) {}

  /// Where it stands.
  enum State {
    WAITING,
    RUNNING,
    /// Its end was acknowledged.
    DONE,
    /// It was told that it was charged, by the answer to a repetition.
    TOLD,
    REFUSED
  }

  private final Ask ask;
  private final Cost cost;
  private State state = State.WAITING;
  private @Nullable Escrow escrow;
  private int tries;
  private long most;
  private long written;
  private boolean acting;
  private long acknowledged;

  Client(Ask ask, Cost cost) {
    this.ask = ask;
    this.cost = cost;
  }

  /// Another client with the same request.
  Client twin(String name) {
    return new Client(
        new Ask(
            name,
            ask.keyed(),
            ask.whole(),
            ask.shrinks(),
            ask.bound(),
            ask.input(),
            ask.most(),
            ask.output()),
        cost);
  }

  State state() {
    return state;
  }

  /// Whether it is in the middle of an act.
  boolean acting() {
    return acting;
  }

  /// What it was told that it was charged.
  long acknowledged() {
    return acknowledged;
  }

  /// The line that its last try leaves.
  String line() {
    return "use/" + key();
  }

  String key() {
    return ask.name() + (ask.keyed() ? "" : "/" + tries);
  }

  /// Lets it try again.
  void again() {
    if (state == State.REFUSED) {
      state = State.WAITING;
    }
  }

  /// The gateway died: it knows nothing of its answer's end and asks again.
  void lost() {
    acting = false;
    escrow = null;
    if (state == State.RUNNING) {
      state = State.WAITING;
    }
  }

  /// Does the next thing.
  void act(
      Racing ledger, List<Bound> bounds, Growth growth, LongSupplier nanos, SplittableRandom random)
      throws LedgerUnavailable, InterruptedException {
    acting = true;
    Escrow open = escrow;
    if (state == State.WAITING) {
      begin(ledger, bounds, growth, nanos);
    } else if (state == State.RUNNING && open != null) {
      write(open, ledger, random);
    }
    acting = false;
  }

  private void begin(Racing ledger, List<Bound> bounds, Growth growth, LongSupplier nanos)
      throws LedgerUnavailable, InterruptedException {
    tries++;
    Escrow made =
        new Escrow(
            ledger,
            new Terms(
                key(),
                "print of " + ask.name(),
                () -> bounds,
                ask.whole(),
                ask.shrinks(),
                ask.bound(),
                ask.most(),
                1),
            growth,
            nanos);
    switch (made.open(cost.price(), cost.tariffPercent())) {
      case Opened.Open(long output) -> {
        escrow = made;
        most = output;
        written = 0;
        state = State.RUNNING;
      }
      case Opened.TooLittle _, Opened.Running _ -> state = State.REFUSED;
      case Opened.Done(long charged) -> {
        acknowledged = charged;
        state = State.TOLD;
      }
      case Opened.Conflict _, Opened.Unpriced _ ->
          throw new IllegalStateException("nobody else has this key, and it has a price");
    }
  }

  private void write(Escrow open, Racing ledger, SplittableRandom random)
      throws LedgerUnavailable, InterruptedException {
    long end = Math.min(most, ask.output());
    long next = Math.min(end, written + random.nextLong(1 + Math.max(1, end / 3)));
    Usage used = new Usage(ask.input(), 0, next, false);
    boolean paid = open.covers(used);
    if (paid) {
      long due = cost.of(used);
      if (due > ledger.held(key())) {
        throw new IllegalStateException(
            "%s was given %d micro-dollars, %d are held".formatted(key(), due, ledger.held(key())));
      }
      written = next;
    }
    if (!paid || written == end || (!ask.whole() && random.nextInt(50) == 0)) {
      Usage passed = new Usage(ask.input(), 0, written, false);
      UsageLine line =
          open.settle(open.charge(passed), micros -> Lines.of(line(), cost, passed, micros));
      Long charged = line.chargeMicros();
      acknowledged = charged == null ? 0 : charged;
      escrow = null;
      state = State.DONE;
    }
  }
}
