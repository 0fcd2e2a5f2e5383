package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.wake.WakeLine;
import dev.comptroller.gateway.wake.WakeLine.Waited;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route.Wake;
import java.time.Duration;
import java.util.Optional;

/// Lets interactive requests wait for the first replica of their deployment: no money is held
/// meanwhile, and a request that could not run any more stops waiting.
final class Wakening {
  private static final long MILLI = 1_000_000;

  /// Judges requests under the routing table in force.
  interface Desk {
    /// A request as the table in force has it.
    ///
    /// @throws RequestFields.Refused if its model does not exist any more
    Completions.Asked current(Completions.Asked asked) throws RequestFields.Refused;

    /// The same, to go on with: it is booked on what it has become.
    Completions.Asked take(Completions.Asked asked) throws RequestFields.Refused;

    /// Whether it may run.
    Admission judge(Completions.Asked asked);

    /// What is told of an admission that lets nothing run.
    RequestFields.Refused refusal(Completions.Asked asked, Admission admission);
  }

  /// A request that may run now.
  ///
  /// @param ticket its place; to be closed when it has ended
  record Woken(Completions.Asked asked, Admission.Admitted terms, WakeLine.Ticket ticket) {}

  private final WakeLine line;
  private final Booking.Books books;
  private final Desk desk;

  Wakening(WakeLine line, Booking.Books books, Desk desk) {
    this.line = line;
    this.books = books;
    this.desk = desk;
  }

  /// Whether others wait for the deployment of a request, so that it must not overtake them.
  boolean othersWait(Completions.Asked asked) {
    return line.interactive(Router.fullName(asked.route())) > 0;
  }

  /// Waits in line; empty if the client left, which is booked then.
  Optional<Woken> await(Completions.Asked first, Wake terms)
      throws RequestFields.Refused, LedgerUnavailable, InterruptedException {
    long begun = books.nanos().getAsLong();
    Completions.Asked asked = first;
    Wake wake = terms;
    while (true) {
      Completions.Asked now = asked;
      Duration left = Duration.ofMillis(wake.holdMillis()).minusNanos(since(begun));
      Waited waited =
          line.await(
              new WakeLine.Waiting(
                  Router.fullName(now.route()),
                  wake.maxWaiting(),
                  left,
                  now.exchange().cancellation(),
                  () -> mayWait(now)));
      count(now, waited, begun);
      switch (waited) {
        case Waited.Full(int waiting) -> throw unavailable(now, full(waiting));
        case Waited.Late(int waiting) -> throw unavailable(now, late(begun, waiting));
        case Waited.Closing() ->
            throw new RequestFields.Refused(
                ApiError.unavailable("this gateway is shutting down, try again", "shutting_down"));
        case Waited.Gone() -> {
          var _ = now.booking().settle(Outcome.CLIENT_GONE, null, "", 499);
          return Optional.empty();
        }
        case Waited.Ready(WakeLine.Ticket ticket) -> {
          Optional<Woken> woken = woken(now, ticket, begun);
          if (woken.isPresent()) {
            return woken;
          }
        }
        case Waited.Changed() -> {}
      }
      asked = taken(now, begun);
      wake = awaited(asked, wake);
    }
  }

  /// Takes room for a deferred request, which waits in the queue.
  WakeLine.Room enter(Completions.Asked asked, Wake wake) throws RequestFields.Refused {
    String model = Router.fullName(asked.route());
    Optional<WakeLine.Room> room = line.enter(model, wake.maxWaiting());
    if (room.isEmpty()) {
      int waiting = line.waiting(model);
      count(asked, new Waited.Full(waiting), books.nanos().getAsLong());
      throw unavailable(asked, full(waiting));
    }
    return room.get();
  }

  /// A request whose wait in the queue is over, as the table in force has it.
  ///
  /// @param begun when it began to wait, on the monotonic clock
  Completions.Asked taken(Completions.Asked asked, long begun) throws RequestFields.Refused {
    Completions.Asked now = desk.take(asked);
    now.booking().waited(since(begun) / MILLI);
    return now;
  }

  /// Notes that a deferred request has waited.
  void deferred(Completions.Asked asked, boolean ready, long begun) {
    count(asked, ready ? "ready" : "late", begun);
    asked.booking().waited(since(begun) / MILLI);
  }

  /// Why a request that waited until its time was over could not run.
  RequestFields.Refused late(Completions.Asked asked, long begun) {
    return unavailable(asked, late(begun, line.waiting(Router.fullName(asked.route()))));
  }

  private Optional<Woken> woken(Completions.Asked asked, WakeLine.Ticket ticket, long begun)
      throws RequestFields.Refused {
    boolean kept = false;
    try {
      Completions.Asked now = taken(asked, begun);
      if (desk.judge(now) instanceof Admission.Admitted terms) {
        kept = true;
        return Optional.of(new Woken(now, terms, ticket));
      }
      return Optional.empty();
    } finally {
      if (!kept) {
        ticket.close();
      }
    }
  }

  /// How a request that has to wait on may wait.
  private Wake awaited(Completions.Asked asked, Wake before) throws RequestFields.Refused {
    return switch (desk.judge(asked)) {
      case Admission.Awaited awaited -> awaited.wake();
      case Admission.Admitted _ -> before;
      case Admission.NotReady refused -> throw desk.refusal(asked, refused);
      case Admission.NotFunded refused -> throw desk.refusal(asked, refused);
      case Admission.VariantUnavailable refused -> throw desk.refusal(asked, refused);
    };
  }

  private boolean mayWait(Completions.Asked asked) {
    try {
      Admission admission = desk.judge(desk.current(asked));
      return admission instanceof Admission.Awaited || admission instanceof Admission.Admitted;
    } catch (RequestFields.Refused _) {
      return false;
    }
  }

  private static String full(int waiting) {
    return "%d requests wait already, the most that may".formatted(waiting);
  }

  private String late(long begun, int waiting) {
    return "it waited %d ms, the most; %d requests wait on"
        .formatted(since(begun) / MILLI, waiting);
  }

  private RequestFields.Refused unavailable(Completions.Asked asked, String numbers) {
    String why =
        switch (judgement(asked)) {
          case Admission.Awaited awaited -> awaited.message();
          case Admission.NotReady(_, String message) -> message;
          case Admission.Admitted _, Admission.NotFunded _, Admission.VariantUnavailable _ ->
              "deployment %s has no free place on a ready replica"
                  .formatted(Router.fullName(asked.route()));
        };
    return new RequestFields.Refused(
        ApiError.unavailable(why + "; " + numbers, "deployment_not_ready"));
  }

  private Admission judgement(Completions.Asked asked) {
    try {
      return desk.judge(desk.current(asked));
    } catch (RequestFields.Refused _) {
      return desk.judge(asked);
    }
  }

  private void count(Completions.Asked asked, Waited waited, long begun) {
    String outcome =
        switch (waited) {
          case Waited.Ready _ -> "ready";
          case Waited.Full _ -> "full";
          case Waited.Late _ -> "late";
          case Waited.Gone _ -> "gone";
          case Waited.Changed _ -> "changed";
          case Waited.Closing _ -> "closing";
        };
    count(asked, outcome, begun);
    if (!(waited instanceof Waited.Full)) {
      asked.booking().waited(since(begun) / MILLI);
    }
  }

  private void count(Completions.Asked asked, String outcome, long begun) {
    books
        .metrics()
        .waited(
            asked.route().namespace(),
            asked.route().deployment(),
            asked.tier() == TrafficClass.INTERACTIVE ? Names.CLASS_INTERACTIVE : Names.CLASS_BATCH,
            outcome,
            since(begun) / 1e9);
  }

  private long since(long begun) {
    return books.nanos().getAsLong() - begun;
  }
}
