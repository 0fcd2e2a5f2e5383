package dev.comptroller.engine.llama;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.EngineLoop;
import dev.comptroller.engine.GenerationRequest;
import dev.comptroller.engine.LoopObserver;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.Submission;
import dev.comptroller.engine.TokenStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// Measures the time to first token of interactive requests alone and with a full batch queue.
///
/// `ClassBench MODEL [REQUESTS [ROUNDS [THREADS [ITEMS]]]]`. Rounds alternate, because other
/// programs may disturb one of them; all samples of a kind count together. Exits with 1 when the
/// ratio of their 99th percentiles is above 1.10.
final class ClassBench {
  private static final double MOST = 1.10;

  private ClassBench() {}

  /// Prints both distributions and the ratio of their 99th percentiles.
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      System.err.println("usage: ClassBench MODEL [REQUESTS [ROUNDS [THREADS [ITEMS]]]]");
      System.exit(2);
    }
    int requests = number(args, 1, 40);
    int rounds = number(args, 2, 3);
    int threads = number(args, 3, Runtime.getRuntime().availableProcessors());
    int items = number(args, 4, 5_000);
    List<Long> alone = new ArrayList<>();
    List<Long> beside = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      measure(Path.of(args[0]), requests, threads, 0, alone);
      measure(Path.of(args[0]), requests, threads, items, beside);
    }
    double ratio = quantile(beside, 0.99) / quantile(alone, 0.99);
    System.out.printf(
        "alone  p50 %.1f ms, p99 %.1f ms%nbeside p50 %.1f ms, p99 %.1f ms (%d batch items queued)%n"
            + "p99 ratio %.3f%n",
        quantile(alone, 0.5),
        quantile(alone, 0.99),
        quantile(beside, 0.5),
        quantile(beside, 0.99),
        items,
        ratio);
    if (ratio > MOST) {
      System.out.printf("short of the goal: p99 %.3f of alone, goal %.2f%n", ratio, MOST);
      System.exit(1);
    }
  }

  private static void measure(Path file, int requests, int threads, int items, List<Long> into)
      throws Exception {
    LlamaEngine engine =
        LlamaEngine.open(
            LlamaOptions.of(Natives.folder(System.getenv()), file, 8, 256)
                .withContextLength(512)
                .withThreads(threads));
    try (EngineLoop loop =
        EngineLoop.start(
            engine, new BatchLimits(8, 256, items + 8), LoopObserver.NONE, System::nanoTime)) {
      Random random = new Random(5);
      for (int i = 0; i < items; i++) {
        submit(loop, GenerationRequest.batch(prompt(random), SamplingParams.greedy(100)));
      }
      for (int i = -5; i < requests; i++) {
        int[] prompt = prompt(random);
        long begin = System.nanoTime();
        try (TokenStream stream =
            submit(loop, GenerationRequest.interactive(prompt, SamplingParams.greedy(8)))) {
          stream.next();
          if (i >= 0) {
            into.add(System.nanoTime() - begin);
          }
        }
        Thread.sleep(random.nextInt(300));
      }
      System.out.printf(
          "%d batch items: %d batch preemptions%n", items, loop.snapshot().batch().preemptions());
    }
  }

  private static TokenStream submit(EngineLoop loop, GenerationRequest request) {
    return switch (loop.submit(request)) {
      case Submission.Accepted(TokenStream stream) -> stream;
      case Submission.Rejected(var reason) -> throw new IllegalStateException(reason.message());
    };
  }

  private static int[] prompt(Random random) {
    return random.ints(60 + random.nextInt(80), 1_000, 30_000).toArray();
  }

  private static double quantile(List<Long> nanos, double q) {
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    return sorted.get((int) Math.round(q * (sorted.size() - 1))) / 1e6;
  }

  private static int number(String[] args, int index, int otherwise) {
    return args.length > index ? Integer.parseInt(args[index]) : otherwise;
  }
}
