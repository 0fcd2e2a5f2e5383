package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.e2e.simulator.input.Trace;
import dev.comptroller.e2e.simulator.input.Trace.Request;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/// How much money holds keep from others, and what that costs: a trace whose requests ask for long
/// answers and get short ones, under a limit that ends before the trace does.
public final class Stranding {
  /// The most output tokens that every request asks for.
  public static final long MOST = 4_096;

  /// The limit, as a share of what the whole trace costs.
  public static final int LIMIT_PERCENT = 90;

  /// Requests in flight.
  public static final int CLIENTS = 50;

  private Stranding() {}

  /// What came of it.
  ///
  /// @param ratio time-integral of held over that of spent by what is in flight
  /// @param unread part of it that is held for inputs before they are read
  /// @param extensions ledger entries per request beside the first and the last
  /// @param served requests that the oracle answers whole
  /// @param missed of those, the ones that were refused or cut
  /// @param refused all that were refused
  /// @param cut all that were cut
  /// @param used share of the limit that was charged
  public record Result(
      double ratio,
      double unread,
      double extensions,
      int served,
      int missed,
      int refused,
      int cut,
      double used) {
    /// Share of the oracle's requests that were refused or cut.
    public double missedShare() {
      return (double) missed / served;
    }
  }

  /// A price at which output is so many times as dear as input.
  public static PostedPrice price(long times) {
    return new PostedPrice(1, "Declared", 1_000_000, 1_000_000, 1_000_000 * times);
  }

  /// Runs a trace.
  ///
  /// @param whole whether the worst case is held at once
  /// @param percent of what the whole trace costs that the limit is
  public static Result run(Trace trace, PostedPrice price, boolean whole, int percent) {
    Cost cost = new Cost(price, 100);
    List<Request> requests = trace.requests();
    long all = 0;
    for (Request request : requests) {
      long output = Math.min(MOST, request.output());
      all += cost.of(new Usage(Math.max(1, request.input()), 0, output, false));
    }
    long limit = all / 100 * percent;
    BitSet best = new Flight(requests, cost, CLIENTS, MOST).run(new Oracle(cost, limit)).whole();
    Flight flight = new Flight(requests, cost, CLIENTS, MOST);
    GatewayDesk desk = new GatewayDesk(cost, limit, whole, MOST, flight::nanos);
    flight.run(desk);
    BitSet missed = (BitSet) best.clone();
    missed.andNot(flight.whole());
    int opened = requests.size() - flight.refused();
    return new Result(
        flight.ratio(),
        flight.unread(),
        (double) desk.ledger().entries() / opened - 2,
        best.cardinality(),
        missed.cardinality(),
        flight.refused(),
        flight.cut(),
        (double) desk.standing().spentMicros() / limit);
  }

  /// A trace of chats that nobody had.
  public static Trace synthetic(long seed, int requests) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Request> made = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      long input = Math.round(Math.exp(6.6 + 0.9 * random.nextGaussian()));
      long output = Math.round(Math.exp(4.9 + 0.9 * random.nextGaussian()));
      made.add(
          new Request(
              i * 0.2,
              Math.clamp(input, 10, 8_000),
              Math.clamp(output, 1, 2_000),
              false,
              "default"));
    }
    return new Trace(made);
  }
}
