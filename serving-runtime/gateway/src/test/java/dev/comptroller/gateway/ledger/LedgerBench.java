package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// The rate of the ledger on one hot feature limit, beside a bare group-commit loop on the same
/// database in the same run, and the latency of each operation at 70 % of the peak.
///
/// Arguments: `sqlite` or `postgres`, seconds of each measurement, rounds, slices of a request,
/// milliseconds between slices.
public final class LedgerBench {
  private static final int CALLERS = 512;
  private static final double SHARE = 0.7;

  /// A rate at which the slowest percent takes longer than this is more than the ledger and its
  /// callers can keep up with on this machine.
  private static final double KEEPS_UP_MILLIS = 100;
  private static final Account HOT =
      new Account.Feature("team-a", "chat", Instant.parse("2026-01-01T00:00:00Z"));
  private static final List<Bound> BOUNDS = List.of(new Bound(HOT, 1_000_000_000_000_000L));
  private static final String ROW = "x".repeat(96);

  private final Duration measured;
  private final int slices;
  private final long sliceMillis;
  private final AtomicLong names = new AtomicLong();

  private LedgerBench(Duration measured, int slices, long sliceMillis) {
    this.measured = measured;
    this.slices = slices;
    this.sliceMillis = sliceMillis;
  }

  /// Runs it and prints one line of figures for each part.
  public static void main(String[] args) throws Exception {
    Duration measured = Duration.ofSeconds(Long.parseLong(args[1]));
    LedgerBench bench =
        new LedgerBench(measured, Integer.parseInt(args[3]), Long.parseLong(args[4]));
    int rounds = Integer.parseInt(args[2]);
    if (args[0].equals("sqlite")) {
      Path folder = Files.createTempDirectory("comptroller-ledger-bench-");
      try {
        bench.run(new Database.Embedded(folder), rounds);
      } finally {
        delete(folder);
      }
    } else {
      try (PostgresServer server = PostgresServer.start()) {
        bench.run(server.fresh(), rounds);
      }
    }
  }

  private void run(Database database, int rounds) throws Exception {
    List<Double> ledgers = new ArrayList<>();
    List<Double> bares = new ArrayList<>();
    for (int round = -1; round < rounds; round++) {
      double bare = bare(database);
      double ledger = peak(database);
      if (round >= 0) {
        bares.add(bare);
        ledgers.add(ledger);
      }
      System.out.printf(
          "%s %.0f bare commits/s, %.0f ledger operations/s, ratio %.2f%n",
          round < 0 ? "warm-up" : "round " + (round + 1), bare, ledger, ledger / bare);
    }
    double peak = median(ledgers);
    System.out.printf(
        "median  %.0f bare commits/s, %.0f ledger operations/s, ratio %.2f%n",
        median(bares), peak, peak / median(bares));
    double rate = peak;
    while (open(database, rate, false) > KEEPS_UP_MILLIS) {
      rate *= 0.75;
    }
    System.out.printf("peak of the open loop: %.0f operations/s%n", rate);
    var _ = open(database, SHARE * rate, true);
    System.out.println(Verification.of(database));
  }

  private double bare(Database database) throws Exception {
    LedgerDatabase opened = Opening.database(database);
    try (BareLoop loop = new BareLoop(opened)) {
      return closed(() -> loop.append(ROW));
    } finally {
      opened.close();
    }
  }

  private double peak(Database database) throws Exception {
    try (ChargeLedger ledger = ChargeLedger.open(LedgerSettings.of(database, "bench"))) {
      return closed(() -> request(ledger)) * (slices + 2);
    }
  }

  /// One step of a caller.
  private interface Step {
    void run() throws LedgerUnavailable, InterruptedException;
  }

  /// Steps a second of callers that do nothing else, after a start that does not count.
  private double closed(Step step) throws InterruptedException {
    AtomicLong done = new AtomicLong();
    AtomicLong end = new AtomicLong(Long.MAX_VALUE);
    CountDownLatch stopped = new CountDownLatch(CALLERS);
    for (int i = 0; i < CALLERS; i++) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  while (System.nanoTime() < end.get()) {
                    step.run();
                    done.incrementAndGet();
                  }
                } catch (LedgerUnavailable | InterruptedException e) {
                  throw new IllegalStateException(e);
                } finally {
                  stopped.countDown();
                }
              });
    }
    Thread.sleep(measured.dividedBy(4));
    long before = done.get();
    long start = System.nanoTime();
    Thread.sleep(measured);
    double rate = (done.get() - before) * 1e9 / (System.nanoTime() - start);
    end.set(0);
    stopped.await();
    return rate;
  }

  private void request(ChargeLedger ledger) throws LedgerUnavailable, InterruptedException {
    String name = "r" + names.incrementAndGet() + "-" + System.nanoTime();
    HoldId hold = reserve(ledger, name);
    for (int slice = 0; slice < slices; slice++) {
      extend(ledger, hold);
    }
    settle(ledger, hold, name);
  }

  private static HoldId reserve(ChargeLedger ledger, String name)
      throws LedgerUnavailable, InterruptedException {
    Reservation asked =
        new Reservation(name, "print", BOUNDS, 640, LedgerFixture.PRICE, Duration.ofMinutes(5));
    return ((Reserved.Held) ledger.reserve(asked)).hold();
  }

  private static void extend(ChargeLedger ledger, HoldId hold)
      throws LedgerUnavailable, InterruptedException {
    var _ = (Extended.Granted) ledger.extend(hold, 64, List.of());
  }

  private static void settle(ChargeLedger ledger, HoldId hold, String name)
      throws LedgerUnavailable, InterruptedException {
    var _ = (Settled.Booked) ledger.settle(hold, 600, LedgerFixture.line(name, 600L));
  }

  /// Requests arrive at random whether the ledger keeps up or not; each operation is due at a time
  /// of its own, and its latency counts from then.
  ///
  /// @return the largest p99 of an operation, in milliseconds
  private double open(Database database, double operations, boolean told) throws Exception {
    double requests = operations / (slices + 2);
    List<ConcurrentLinkedQueue<Long>> latencies =
        Stream.generate(ConcurrentLinkedQueue<Long>::new).limit(3).toList();
    AtomicLong failed = new AtomicLong();
    try (ChargeLedger ledger = ChargeLedger.open(LedgerSettings.of(database, "bench"))) {
      Random random = new Random(1);
      List<Thread> running = new ArrayList<>();
      long due = System.nanoTime();
      long first = due + (slices + 1) * sliceMillis * 1_000_000;
      long last = first + measured.toNanos() * 2;
      while (due < last) {
        due += (long) (-Math.log(1 - random.nextDouble()) / requests * 1e9);
        sleepUntil(due);
        long start = due;
        running.add(Thread.ofVirtual().start(() -> timed(ledger, start, first, latencies, failed)));
      }
      for (Thread thread : running) {
        thread.join();
      }
      if (told) {
        System.out.printf(
            "open loop at %.0f operations/s (%.0f requests/s of %d slices, one every %d ms), %d"
                + " failed, %d commits%n",
            operations, requests, slices, sliceMillis, failed.get(), ledger.commits());
      }
    }
    List<String> names = List.of("reserve", "extend", "settle");
    double worst = failed.get() > 0 ? Double.MAX_VALUE : 0;
    for (int i = 0; i < names.size(); i++) {
      long[] sorted = latencies.get(i).stream().mapToLong(Long::longValue).sorted().toArray();
      worst = Math.max(worst, at(sorted, 0.99));
      if (told) {
        System.out.printf(
            "%-8s p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, largest %.2f ms (%d)%n",
            names.get(i),
            at(sorted, 0.5),
            at(sorted, 0.99),
            at(sorted, 0.999),
            at(sorted, 1),
            sorted.length);
      }
    }
    return worst;
  }

  private void timed(
      ChargeLedger ledger,
      long start,
      long counted,
      List<ConcurrentLinkedQueue<Long>> latencies,
      AtomicLong failed) {
    String name = "o" + names.incrementAndGet() + "-" + start;
    try {
      long due = start;
      HoldId hold = reserve(ledger, name);
      note(latencies.get(0), due, counted);
      for (int slice = 0; slice < slices; slice++) {
        due += sliceMillis * 1_000_000;
        sleepUntil(due);
        extend(ledger, hold);
        note(latencies.get(1), due, counted);
      }
      due += sliceMillis * 1_000_000;
      sleepUntil(due);
      settle(ledger, hold, name);
      note(latencies.get(2), due, counted);
    } catch (LedgerUnavailable e) {
      failed.incrementAndGet();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void note(ConcurrentLinkedQueue<Long> latencies, long due, long counted) {
    if (due >= counted) {
      latencies.add(System.nanoTime() - due);
    }
  }

  private static void sleepUntil(long due) throws InterruptedException {
    long left = due - System.nanoTime();
    if (left > 0) {
      Thread.sleep(Duration.ofNanos(left));
    }
  }

  private static double at(long[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))] / 1e6;
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
