package dev.comptroller.gateway.wake;

import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.relay.Loads;
import dev.comptroller.gateway.route.Legs;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Replica;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One line for each deployment, in which interactive requests wait for a replica.
///
/// ```
/// none ready           whoever comes joins the line, as long as there is room
/// replicas are ready   the first ones go, as many as the replicas have free places
///                      whoever comes meanwhile joins the line: nobody overtakes
/// the line is empty    it is out of the way
/// ```
///
/// Properties: first come, first served; no more than the replicas' sequences are let go at once,
/// so a replica that has just come is not flooded; whoever leaves, for whatever reason, makes room
/// at once; a wait holds no thread of the platform. Deferred requests wait in the queue and only
/// take room here ([#enter]): while anybody is in the line, the queue starts nothing.
public final class WakeLine implements AutoCloseable {
  /// How often a wait looks whether it still makes sense.
  private static final Duration LOOK = Duration.ofMillis(100);

  /// How a wait ended.
  public sealed interface Waited {
    /// A replica has a free place: run it, then close the ticket.
    record Ready(Ticket ticket) implements Waited {}

    /// It was not let in.
    ///
    /// @param waiting how many wait already
    record Full(int waiting) implements Waited {}

    /// Nothing came within the time.
    ///
    /// @param waiting how many wait on
    record Late(int waiting) implements Waited {}

    /// The client has left.
    record Gone() implements Waited {}

    /// It makes no sense to wait any longer: judge it again.
    record Changed() implements Waited {}

    /// The gateway is leaving.
    record Closing() implements Waited {}
  }

  /// A request that may wait.
  ///
  /// @param model `namespace/deployment`
  /// @param most the most that may wait, this one included
  /// @param time how long it may
  /// @param cancellation is cancelled when its client leaves
  /// @param holds whether it still makes sense to wait; asked again and again
  public record Waiting(
      String model, int most, Duration time, Cancellation cancellation, BooleanSupplier holds) {}

  /// A place that was given to a request; closing it gives the place back, once.
  public final class Ticket implements AutoCloseable {
    private final String model;
    private boolean held = true;

    private Ticket(String model) {
      this.model = model;
    }

    /// Gives the place back before the request has ended: it waits for something else.
    public void release() {
      giveBack(this);
    }

    @Override
    public void close() {
      giveBack(this);
    }
  }

  /// Room that a deferred request takes; closing it gives the room back, once.
  public final class Room implements AutoCloseable {
    private final String model;
    private boolean held = true;

    private Room(String model) {
      this.model = model;
    }

    @Override
    public void close() {
      giveBack(this);
    }
  }

  private static final class Waiter {
    private final CountDownLatch over = new CountDownLatch(1);
    private @Nullable Ticket ticket;
  }

  /// The state of one deployment; guarded by the lock of its owner.
  private static final class Line {
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private int deferred;
    private int let;

    int size() {
      return waiters.size() + deferred;
    }
  }

  private final LiveTable table;
  private final Loads loads;
  private final LongSupplier nanos;
  private final Map<String, Line> lines = new HashMap<>();
  private boolean closed;

  /// Nobody waits.
  ///
  /// @param nanos a monotonic clock
  public WakeLine(LiveTable table, Loads loads, LongSupplier nanos) {
    this.table = table;
    this.loads = loads;
    this.nanos = nanos;
    table.onChange(this::lookAtAll);
  }

  /// Waits until a replica has a place for a request, or until there is a reason not to.
  public Waited await(Waiting request) throws InterruptedException {
    String model = request.model();
    Waiter waiter = new Waiter();
    synchronized (this) {
      if (closed) {
        return new Waited.Closing();
      }
      Line line = lines.computeIfAbsent(model, _ -> new Line());
      if (line.size() >= request.most()) {
        return new Waited.Full(line.size());
      }
      line.waiters.addLast(waiter);
      letGo(model);
    }
    request.cancellation().stopWith(waiter.over::countDown);
    long end = nanos.getAsLong() + request.time().toNanos();
    boolean holds = true;
    try {
      while (!waiter.over.await(left(end), TimeUnit.NANOSECONDS) && end - nanos.getAsLong() > 0) {
        holds = request.holds().getAsBoolean();
        if (!holds) {
          break;
        }
        look(model);
      }
    } catch (InterruptedException e) {
      Ticket ticket = leave(model, waiter);
      if (ticket != null) {
        ticket.close();
      }
      throw e;
    }
    return ended(request, waiter, holds);
  }

  private Waited ended(Waiting request, Waiter waiter, boolean holds) {
    Ticket ticket = leave(request.model(), waiter);
    if (request.cancellation().cause() != null) {
      if (ticket != null) {
        ticket.close();
      }
      return request.cancellation().clientGone() ? new Waited.Gone() : new Waited.Closing();
    }
    if (ticket != null) {
      return new Waited.Ready(ticket);
    }
    synchronized (this) {
      if (closed) {
        return new Waited.Closing();
      }
    }
    return holds ? new Waited.Late(waiting(request.model())) : new Waited.Changed();
  }

  /// Takes room for a deferred request; empty if there is none.
  public synchronized Optional<Room> enter(String model, int most) {
    Line line = lines.computeIfAbsent(model, _ -> new Line());
    if (line.size() >= most) {
      return Optional.empty();
    }
    line.deferred++;
    return Optional.of(new Room(model));
  }

  /// How many take room in the line of a model, deferred ones included.
  public synchronized int waiting(String model) {
    Line line = lines.get(model);
    return line == null ? 0 : line.size();
  }

  /// How many interactive requests wait for a model.
  public synchronized int interactive(String model) {
    Line line = lines.get(model);
    return line == null ? 0 : line.waiters.size();
  }

  /// How many interactive requests wait, by model; nothing for models that nobody waits for.
  public synchronized Map<String, Integer> interactive() {
    Map<String, Integer> waiting = new TreeMap<>();
    lines.forEach(
        (model, line) -> {
          if (!line.waiters.isEmpty()) {
            waiting.put(model, line.waiters.size());
          }
        });
    return waiting;
  }

  /// Sends everybody away.
  @Override
  public synchronized void close() {
    closed = true;
    lines.values().forEach(line -> line.waiters.forEach(waiter -> waiter.over.countDown()));
  }

  private synchronized void lookAtAll() {
    lines.keySet().forEach(this::letGo);
  }

  private synchronized void look(String model) {
    letGo(model);
  }

  /// Lets the first ones go, as many as there are free places for.
  private void letGo(String model) {
    Line line = lines.get(model);
    if (line == null || closed) {
      return;
    }
    int free = line.waiters.isEmpty() ? 0 : free(model, line);
    while (free-- > 0 && !line.waiters.isEmpty()) {
      Waiter first = line.waiters.removeFirst();
      first.ticket = new Ticket(model);
      line.let++;
      first.over.countDown();
    }
  }

  /// Places that nobody has on the ready replicas of a model. Who was let go counts from then on,
  /// though it reaches its replica a moment later.
  private int free(String model, Line line) {
    Optional<Router> router = table.current().map(LiveTable.InForce::router);
    if (router.isEmpty()
        || !(router.get().resolve(model) instanceof Resolution.Found(Route route))) {
      return 0;
    }
    long places = 0;
    long running = 0;
    for (Leg leg : Legs.open(route.legs())) {
      for (Replica replica : leg.replicas()) {
        places += replica.maxSequences();
        running += loads.running(replica);
      }
    }
    return Math.clamp(places - Math.max(running, line.let), 0, Integer.MAX_VALUE);
  }

  private synchronized @Nullable Ticket leave(String model, Waiter waiter) {
    Line line = lines.get(model);
    if (line != null) {
      line.waiters.remove(waiter);
      forget(model, line);
    }
    return waiter.ticket;
  }

  private synchronized void giveBack(Ticket ticket) {
    Line line = lines.get(ticket.model);
    if (ticket.held && line != null) {
      ticket.held = false;
      line.let--;
      letGo(ticket.model);
      forget(ticket.model, line);
    }
  }

  private synchronized void giveBack(Room room) {
    Line line = lines.get(room.model);
    if (room.held && line != null) {
      room.held = false;
      line.deferred--;
      forget(room.model, line);
    }
  }

  private void forget(String model, Line line) {
    if (line.size() == 0 && line.let == 0) {
      lines.remove(model);
    }
  }

  private long left(long end) {
    return Math.clamp(end - nanos.getAsLong(), 0, LOOK.toNanos());
  }
}
