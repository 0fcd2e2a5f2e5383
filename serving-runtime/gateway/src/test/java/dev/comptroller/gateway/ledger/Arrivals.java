package dev.comptroller.gateway.ledger;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Requests that arrive at random whether the ledger keeps up or not.
///
/// Each operation is due at a time of its own, and its latency counts from then, whatever kept it:
/// the one before it, the ledger, or this. A thread lives for an operation, not for a request, so
/// that thousands of sleepers are not what is measured.
final class Arrivals {
  private static final List<String> NAMES = List.of("reserve", "extend", "settle");
  private static final long TICK_NANOS = 500_000;

  private final ChargeLedger ledger;
  private final double requests;
  private final int slices;
  private final long sliceNanos;
  private final AtomicLong names;
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong unfinished = new AtomicLong();
  private final Random random = new Random(1);
  private List<Latencies> latencies = List.of();
  private long counted;

  Arrivals(ChargeLedger ledger, double operations, int slices, long sliceMillis, AtomicLong names) {
    this.ledger = ledger;
    this.requests = operations / (slices + 2);
    this.slices = slices;
    this.sliceNanos = sliceMillis * 1_000_000;
    this.names = names;
  }

  /// Lets requests arrive: first until as many are in flight as ever will be, then for so long
  /// again as is measured.
  void run(Duration measured) throws InterruptedException {
    int most = (int) (requests * slices * (measured.toMillis() / 1e3 + 1) * 1.5) + 1_000;
    latencies = List.of(new Latencies(most), new Latencies(most), new Latencies(most));
    // Of each operation the turns come in order, of all of them together they do not.
    List<Deque<Turn>> turns =
        IntStream.range(0, slices + 1).<Deque<Turn>>mapToObj(_ -> new ArrayDeque<>()).toList();
    long due = System.nanoTime();
    counted = due + (slices + 1) * sliceNanos;
    long last = counted + measured.toNanos();
    while (due < last || turns.stream().anyMatch(each -> !each.isEmpty())) {
      long now = System.nanoTime();
      while (due < last && due <= now) {
        begin(new Request(), due, turns);
        due += (long) (-Math.log(1 - random.nextDouble()) / requests * 1e9);
      }
      for (Deque<Turn> each : turns) {
        Turn turn = each.peek();
        while (turn != null && turn.due() <= now) {
          each.remove();
          begin(turn.request(), turn.due(), turns);
          turn = each.peek();
        }
      }
      LockSupport.parkNanos(TICK_NANOS);
    }
    while (unfinished.get() > 0) {
      Thread.sleep(1);
    }
  }

  /// The next operation of a request.
  private record Turn(Request request, long due) {}

  private void begin(Request request, long due, List<Deque<Turn>> turns) {
    unfinished.incrementAndGet();
    if (request.begins(due)) {
      Thread.ofVirtual().start(() -> request.run(due));
    }
    if (request.begun <= slices) {
      turns.get(request.begun++).add(new Turn(request, due + sliceNanos));
    }
  }

  long failed() {
    return failed.get();
  }

  /// The largest p99 of an operation in milliseconds; endless if one failed.
  double worstMillis() {
    return failed.get() > 0
        ? Double.POSITIVE_INFINITY
        : latencies.stream().mapToDouble(one -> one.at(0.99)).max().orElseThrow();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < NAMES.size(); i++) {
      Latencies one = latencies.get(i);
      text.append(
          "%-8s p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, largest %.2f ms (%d)%n"
              .formatted(
                  NAMES.get(i), one.at(0.5), one.at(0.99), one.at(0.999), one.at(1), one.count()));
    }
    return text.toString();
  }

  /// One request: its operations come one after the other, late if the one before is.
  private final class Request {
    private final String name = "o" + names.incrementAndGet() + "-" + System.nanoTime();
    private final Deque<Long> late = new ArrayDeque<>();
    private @Nullable HoldId hold;
    private int begun;
    private int done;
    private boolean busy;

    /// Whether it can begin now; if not, it begins when the one before has ended.
    synchronized boolean begins(long due) {
      if (busy) {
        late.add(due);
        return false;
      }
      busy = true;
      return true;
    }

    private synchronized @Nullable Long next() {
      Long due = late.poll();
      busy = due != null;
      return due;
    }

    void run(long first) {
      Long due = first;
      while (due != null) {
        try {
          step(due);
        } catch (LedgerUnavailable | ClassCastException e) {
          failed.incrementAndGet();
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        } finally {
          done++;
          unfinished.decrementAndGet();
        }
        due = next();
      }
    }

    private void step(long due) throws LedgerUnavailable, InterruptedException {
      HoldId known = hold;
      int kind = done == 0 ? 0 : done <= slices ? 1 : 2;
      if (kind == 0) {
        hold = LedgerBench.reserve(ledger, name);
      } else if (known == null) {
        return;
      } else if (kind == 1) {
        LedgerBench.extend(ledger, known);
      } else {
        LedgerBench.settle(ledger, known, name);
      }
      if (due >= counted) {
        latencies.get(kind).add(System.nanoTime() - due);
      }
    }
  }

  /// Latencies of one kind of operation, in nanoseconds.
  private static final class Latencies {
    private final long[] values;
    private final AtomicInteger next = new AtomicInteger();
    private boolean sorted;

    Latencies(int most) {
      values = new long[most];
    }

    void add(long nanos) {
      values[next.getAndIncrement()] = nanos;
    }

    int count() {
      return next.get();
    }

    double at(double share) {
      int count = count();
      if (!sorted) {
        Arrays.sort(values, 0, count);
        sorted = true;
      }
      return count == 0 ? Double.NaN : values[Math.min(count - 1, (int) (count * share))] / 1e6;
    }
  }
}
