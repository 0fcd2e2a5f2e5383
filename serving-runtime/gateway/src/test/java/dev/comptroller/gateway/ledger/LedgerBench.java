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
/// milliseconds between slices. Exits with 1 when a goal is missed; PostgreSQL has none but that
/// nothing fails.
public final class LedgerBench {
  private static final int CALLERS = 512;

  /// Of the bare loop's commits, at least.
  static final double LEAST_RATIO = 0.5;

  /// The slowest percent of an operation at 70 % of the peak, at most.
  static final double MOST_MILLIS = 10;

  private static final double SHARE = 0.7;
  private static final double STEP = 0.85;

  /// A rate at which the slowest percent takes longer than this is more than the ledger and its
  /// callers can keep up with on this machine.
  private static final double KEEPS_UP_MILLIS = 100;
  private static final Account HOT =
      new Account.Feature("team-a", "chat", Instant.parse("2026-01-01T00:00:00Z"));
  private static final List<Bound> BOUNDS = List.of(new Bound(HOT, 1_000_000_000_000_000L));
  private static final String ROW = "x".repeat(96);

  private final Load load;
  private final AtomicLong names = new AtomicLong();

  LedgerBench(Load load) {
    this.load = load;
  }

  /// How much of it to run.
  ///
  /// @param measured how long each measurement takes
  /// @param callers of the closed loop
  /// @param slices of a request
  /// @param sliceMillis between slices in the open loop
  record Load(Duration measured, int callers, int slices, long sliceMillis) {}

  /// What came of it.
  ///
  /// @param bare commits a second of the bare loop
  /// @param ledger operations a second
  /// @param ratio the median of the rounds'
  /// @param peak operations a second that the open loop keeps up with
  /// @param millis the median of the rounds' largest p99 at 70 % of the peak
  /// @param failed operations at 70 % of the peak
  /// @param requests of all loops
  /// @param ledgerAtLast what all of them add up to
  record Report(
      double bare,
      double ledger,
      double ratio,
      double peak,
      double millis,
      long failed,
      long requests,
      Verification ledgerAtLast) {
    /// The goals that it misses, with both numbers.
    List<String> missed(Database where) {
      List<String> missed = new ArrayList<>();
      if (failed > 0) {
        missed.add("%d operations failed at 70 %% of the peak, goal 0".formatted(failed));
      }
      if (where instanceof Database.Embedded) {
        if (ratio < LEAST_RATIO) {
          missed.add("%.3f of the bare loop's commits, goal %.2f".formatted(ratio, LEAST_RATIO));
        }
        if (!(millis <= MOST_MILLIS)) {
          missed.add("p99 %.2f ms, goal %.0f ms".formatted(millis, MOST_MILLIS));
        }
      }
      return missed;
    }
  }

  /// Runs it and prints one line of figures for each part.
  public static void main(String[] args) throws Exception {
    LedgerBench bench =
        new LedgerBench(
            new Load(
                Duration.ofSeconds(Long.parseLong(args[1])),
                CALLERS,
                Integer.parseInt(args[3]),
                Long.parseLong(args[4])));
    int rounds = Integer.parseInt(args[2]);
    List<String> missed;
    if (args[0].equals("sqlite")) {
      Path folder = Files.createTempDirectory("comptroller-ledger-bench-");
      try {
        Database where = new Database.Embedded(folder);
        missed = bench.run(where, rounds).missed(where);
      } finally {
        delete(folder);
      }
    } else {
      try (PostgresServer server = PostgresServer.start()) {
        Database where = server.fresh();
        missed = bench.run(where, rounds).missed(where);
      }
    }
    missed.forEach(each -> System.out.println("short of the goal: " + each));
    System.exit(missed.isEmpty() ? 0 : 1);
  }

  Report run(Database where, int rounds) throws Exception {
    LedgerDatabase database = Opening.database(where);
    Rates rates;
    double rate;
    Latency latency;
    try (BareLoop bare = new BareLoop(database);
        ChargeLedger ledger = DurableLedger.open(database, LedgerSettings.of(where, "bench"))) {
      rates = rates(bare, ledger, rounds);
      rate = rates.ledger();
      while (open(ledger, rate).worstMillis() > KEEPS_UP_MILLIS) {
        rate *= STEP;
      }
      System.out.printf("peak of the open loop: %.0f operations/s%n", rate);
      latency = latencies(ledger, SHARE * rate, rounds);
    }
    Verification verification = Verification.of(where);
    System.out.println(verification);
    return new Report(
        rates.bare(),
        rates.ledger(),
        rates.ratio(),
        rate,
        latency.millis(),
        latency.failed(),
        names.get(),
        verification);
  }

  /// Medians of the rounds.
  private record Rates(double bare, double ledger, double ratio) {}

  private record Latency(double millis, long failed) {}

  /// The median rate of the ledger with callers that do nothing else.
  private Rates rates(BareLoop bare, ChargeLedger ledger, int rounds) throws Exception {
    List<Double> ledgers = new ArrayList<>();
    List<Double> bares = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = -1; round < rounds; round++) {
      Rate one = closed("bare", () -> bare.append(ROW), 1);
      Rate other = closed("ledger", () -> request(ledger), load.slices() + 2);
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
    Rates rates = new Rates(median(bares), median(ledgers), median(ratios));
    System.out.printf(
        "median  %.0f bare commits/s, %.0f ledger operations/s, ratio %.2f%n",
        rates.bare(), rates.ledger(), rates.ratio());
    return rates;
  }

  private Latency latencies(ChargeLedger ledger, double rate, int rounds) throws Exception {
    System.out.printf(
        "open loop at %.0f operations/s (%.0f requests/s of %d slices, one every %d ms)%n",
        rate, rate / (load.slices() + 2), load.slices(), load.sliceMillis());
    List<Double> worst = new ArrayList<>();
    long failed = 0;
    for (int round = 1; round <= rounds; round++) {
      long commits = ledger.commits();
      Arrivals arrivals = open(ledger, rate);
      System.out.printf(
          "round %d: %d failed, %d commits%n%s",
          round, arrivals.failed(), ledger.commits() - commits, arrivals);
      worst.add(arrivals.worstMillis());
      failed += arrivals.failed();
    }
    System.out.printf("median of the rounds' largest p99: %.2f ms%n", median(worst));
    return new Latency(median(worst), failed);
  }

  private Arrivals open(ChargeLedger ledger, double operations) throws InterruptedException {
    Arrivals arrivals = new Arrivals(ledger, operations, load.slices(), load.sliceMillis(), names);
    arrivals.run(load.measured());
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
    CountDownLatch stopped = new CountDownLatch(load.callers());
    for (int i = 0; i < load.callers(); i++) {
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
    Thread.sleep(load.measured().dividedBy(4));
    long before = done.get();
    long cpu = cpuNanos(writer);
    long start = System.nanoTime();
    Thread.sleep(load.measured());
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
    for (int slice = 0; slice < load.slices(); slice++) {
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
