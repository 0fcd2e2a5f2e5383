package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
  private static final double STEP = 0.85;

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

  private void run(Database where, int rounds) throws Exception {
    LedgerDatabase database = Opening.database(where);
    try (BareLoop bare = new BareLoop(database);
        ChargeLedger ledger = DurableLedger.open(database, LedgerSettings.of(where, "bench"))) {
      double peak = rates(bare, ledger, rounds);
      double rate = peak;
      while (open(ledger, rate).worstMillis() > KEEPS_UP_MILLIS) {
        rate *= STEP;
      }
      System.out.printf("peak of the open loop: %.0f operations/s%n", rate);
      latencies(ledger, SHARE * rate, rounds);
    }
    System.out.println(Verification.of(where));
  }

  /// The median rate of the ledger with callers that do nothing else.
  private double rates(BareLoop bare, ChargeLedger ledger, int rounds) throws Exception {
    List<Double> ledgers = new ArrayList<>();
    List<Double> bares = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = -1; round < rounds; round++) {
      Rate one = closed("bare", () -> bare.append(ROW), 1);
      Rate other = closed("ledger", () -> request(ledger), slices + 2);
      if (round >= 0) {
        bares.add(one.perSecond());
        ledgers.add(other.perSecond());
        ratios.add(other.perSecond() / one.perSecond());
      }
      System.out.printf(
          "%s %.0f bare commits/s (%.2f us of its writer's CPU each), %.0f ledger operations/s"
              + " (%.2f us), ratio %.2f%n",
          round < 0 ? "warm-up" : "round " + (round + 1),
          one.perSecond(),
          one.cpuMicros(),
          other.perSecond(),
          other.cpuMicros(),
          other.perSecond() / one.perSecond());
    }
    System.out.printf(
        "median  %.0f bare commits/s, %.0f ledger operations/s, ratio %.2f%n",
        median(bares), median(ledgers), median(ratios));
    return median(ledgers);
  }

  private void latencies(ChargeLedger ledger, double rate, int rounds) throws Exception {
    System.out.printf(
        "open loop at %.0f operations/s (%.0f requests/s of %d slices, one every %d ms)%n",
        rate, rate / (slices + 2), slices, sliceMillis);
    List<Double> worst = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      long commits = ledger.commits();
      Arrivals arrivals = open(ledger, rate);
      System.out.printf(
          "round %d: %d failed, %d commits%n%s",
          round, arrivals.failed(), ledger.commits() - commits, arrivals);
      worst.add(arrivals.worstMillis());
    }
    System.out.printf("median of the rounds' largest p99: %.2f ms%n", median(worst));
  }

  private Arrivals open(ChargeLedger ledger, double operations) throws InterruptedException {
    Arrivals arrivals = new Arrivals(ledger, operations, slices, sliceMillis, names);
    arrivals.run(measured);
    return arrivals;
  }

  /// @param cpuMicros of the writer's thread for each operation
  private record Rate(double perSecond, double cpuMicros) {}

  /// One step of a caller.
  private interface Step {
    void run() throws LedgerUnavailable, InterruptedException;
  }

  /// Operations a second of callers that do nothing else, after a start that does not count.
  private Rate closed(String writer, Step step, int operations) throws InterruptedException {
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
    long cpu = cpuNanos(writer);
    long start = System.nanoTime();
    Thread.sleep(measured);
    double count = (double) (done.get() - before) * operations;
    Rate rate =
        new Rate(count * 1e9 / (System.nanoTime() - start), (cpuNanos(writer) - cpu) / 1e3 / count);
    end.set(0);
    stopped.await();
    return rate;
  }

  private static long cpuNanos(String name) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().equals(name)) {
        return threads.getThreadCpuTime(thread.getThreadId());
      }
    }
    throw new IllegalStateException("there is no thread " + name);
  }

  private void request(ChargeLedger ledger) throws LedgerUnavailable, InterruptedException {
    String name = "r" + names.incrementAndGet() + "-" + System.nanoTime();
    HoldId hold = reserve(ledger, name);
    for (int slice = 0; slice < slices; slice++) {
      extend(ledger, hold);
    }
    settle(ledger, hold, name);
  }

  static HoldId reserve(ChargeLedger ledger, String name)
      throws LedgerUnavailable, InterruptedException {
    Reservation asked =
        new Reservation(name, "print", BOUNDS, 640, LedgerFixture.PRICE, Duration.ofMinutes(5));
    return ((Reserved.Held) ledger.reserve(asked)).hold();
  }

  static void extend(ChargeLedger ledger, HoldId hold)
      throws LedgerUnavailable, InterruptedException {
    var _ = (Extended.Granted) ledger.extend(hold, 64, List.of());
  }

  static void settle(ChargeLedger ledger, HoldId hold, String name)
      throws LedgerUnavailable, InterruptedException {
    var _ = (Settled.Booked) ledger.settle(hold, 600, LedgerFixture.line(name, 600L));
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
