package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.e2e.simulator.input.Trace.Request;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;

/// A fixed number of clients, each with one request of a trace at a time, before a runtime that
/// batches continuously.
///
/// A step computes one token of every answer that has begun and, with what is left of the step's
/// tokens, the inputs that wait, first come first served. A client that is refused waits a second
/// and takes the next request of the trace.
final class Flight {
  private static final long STEP_NANOS = 20_000_000;
  private static final long TOKEN_NANOS = 20_000;
  private static final long WAIT_NANOS = 1_000_000_000;
  private static final long STEP_TOKENS = 512;

  private static final class Stream {
    final int request;
    final long input;
    final long output;
    long read;
    long written;

    Stream(int request, long input, long output) {
      this.request = request;
      this.input = input;
      this.output = output;
    }

    Usage used() {
      return new Usage(read, 0, written, false);
    }
  }

  private final List<Request> requests;
  private final Cost cost;
  private final long most;
  private final List<Stream> running = new ArrayList<>();
  private final PriorityQueue<Long> waiting = new PriorityQueue<>();
  private final BitSet whole = new BitSet();
  private long nanos;
  private int next;
  private int refused;
  private int cut;
  private double heldIntegral;
  private double spentIntegral;
  private double heldReading;

  /// A flight that has not begun.
  ///
  /// @param clients how many requests are in flight at most
  /// @param most output tokens of an answer
  Flight(List<Request> requests, Cost cost, int clients, long most) {
    this.requests = requests;
    this.cost = cost;
    this.most = most;
    for (int i = 0; i < clients; i++) {
      waiting.add(0L);
    }
  }

  long nanos() {
    return nanos;
  }

  /// Requests that were answered whole.
  BitSet whole() {
    return whole;
  }

  int refused() {
    return refused;
  }

  int cut() {
    return cut;
  }

  /// Dollar-time held over dollar-time spent by what is in flight; input counts as spent as it is
  /// read.
  double ratio() {
    return heldIntegral / spentIntegral;
  }

  /// The part of [#ratio] that is held for inputs before they are read.
  double unread() {
    return heldReading / spentIntegral;
  }

  /// Runs the whole trace.
  Flight run(Desk desk) {
    while (next < requests.size() || !running.isEmpty()) {
      start(desk);
      long tokens = step(desk);
      long took = STEP_NANOS + tokens * TOKEN_NANOS;
      measure(desk, took);
      nanos += took;
    }
    return this;
  }

  private void start(Desk desk) {
    while (next < requests.size() && !waiting.isEmpty() && waiting.peek() <= nanos) {
      long _ = waiting.remove();
      Request asked = requests.get(next);
      Stream stream = new Stream(next, Math.max(1, asked.input()), Math.min(most, asked.output()));
      if (desk.open(next, stream.input, stream.output)) {
        running.add(stream);
      } else {
        refused++;
        waiting.add(nanos + WAIT_NANOS);
      }
      next++;
    }
  }

  private long step(Desk desk) {
    long tokens = 0;
    for (Iterator<Stream> all = running.iterator(); all.hasNext(); ) {
      Stream stream = all.next();
      if (stream.read == stream.input) {
        tokens++;
        write(desk, stream, all);
      }
    }
    for (Stream stream : running) {
      long some = Math.min(stream.input - stream.read, Math.max(0, STEP_TOKENS - tokens));
      stream.read += some;
      tokens += some;
    }
    return tokens;
  }

  private void write(Desk desk, Stream stream, Iterator<Stream> all) {
    Usage before = stream.used();
    stream.written++;
    boolean over = stream.written >= stream.output;
    boolean paid = desk.covers(stream.request, stream.used());
    if (over || !paid) {
      if (paid) {
        whole.set(stream.request);
      } else {
        cut++;
      }
      desk.settle(stream.request, paid ? stream.used() : before);
      all.remove();
      waiting.add(nanos);
    }
  }

  private void measure(Desk desk, long took) {
    double spent = 0;
    double reading = 0;
    for (Stream stream : running) {
      spent += cost.of(stream.used());
      reading += cost.worst(stream.input - stream.read, 0);
    }
    heldIntegral += (double) desk.held() * took;
    spentIntegral += spent * took;
    heldReading += reading * took;
  }
}
