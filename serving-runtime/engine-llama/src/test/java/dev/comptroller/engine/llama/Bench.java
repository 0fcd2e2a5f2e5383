package dev.comptroller.engine.llama;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.EngineLoop;
import dev.comptroller.engine.GenerationRequest;
import dev.comptroller.engine.LoopObserver;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.Submission;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.llama.ffi.NativeLoader;
import dev.comptroller.engine.llama.lib.ContextOptions;
import dev.comptroller.engine.llama.lib.LlamaContext;
import dev.comptroller.engine.llama.lib.LlamaModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/// Measures tokens per second of the engine loop beside a bare loop over the same library.
///
/// `Bench MODEL [TOKENS [ROUNDS [THREADS [STREAMS...]]]]`. Both compute the same prompts and the
/// same number of tokens, greedily, with the same context and threads; prompts are part of the
/// time. Rounds alternate, and the median counts, because other programs may disturb one of them.
final class Bench {
  private static final int MAX_SEQUENCES = 32;
  private static final int MAX_BATCHED_TOKENS = 512;
  private static final int CONTEXT = 512;
  private static final List<String> SUBJECTS =
      List.of("rivers", "bread", "bridges", "snow", "clocks", "music", "salt", "ships");

  private final Path file;
  private final Path natives = Natives.folder(System.getenv());
  private final int tokens;
  private final int rounds;
  private final int threads;

  private Bench(Path file, int tokens, int rounds, int threads) {
    this.file = file;
    this.tokens = tokens;
    this.rounds = rounds;
    this.threads = threads;
  }

  /// Prints a table.
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      System.err.println("usage: Bench MODEL [TOKENS [ROUNDS [THREADS [STREAMS...]]]]");
      System.exit(2);
    }
    int tokens = args.length > 1 ? Integer.parseInt(args[1]) : 64;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    int threads =
        args.length > 3 ? Integer.parseInt(args[3]) : Runtime.getRuntime().availableProcessors();
    int[] streams =
        args.length > 4
            ? Arrays.stream(args, 4, args.length).mapToInt(Integer::parseInt).toArray()
            : new int[] {1, 4, 16, 32};
    new Bench(Path.of(args[0]), tokens, rounds, threads).run(streams);
  }

  private void run(int[] streams) throws Exception {
    System.out.printf("%d tokens each, median of %d rounds, %d threads%n", tokens, rounds, threads);
    System.out.printf(
        "%7s %14s %14s %7s %12s %14s%n",
        "streams", "bare tok/s", "loop tok/s", "ratio", "mean batch", "outside engine");
    for (int count : streams) {
      double[] bare = new double[rounds];
      double[] loop = new double[rounds];
      Steps steps = new Steps();
      for (int round = 0; round < rounds; round++) {
        bare[round] = bare(count);
        loop[round] = loop(count, steps);
      }
      double bareMedian = median(bare);
      double loopMedian = median(loop);
      System.out.printf(
          "%7d %14.1f %14.1f %7.3f %12.2f %13.2f%%%n",
          count,
          bareMedian,
          loopMedian,
          loopMedian / bareMedian,
          steps.meanSequences(),
          steps.outsidePercent());
    }
  }

  private double bare(int count) {
    LlamaModel model = NativeLoader.load(natives).openModel(file);
    LlamaContext context =
        model.newContext(
            new ContextOptions(
                CONTEXT * MAX_SEQUENCES, MAX_SEQUENCES, MAX_BATCHED_TOKENS, threads));
    try {
      List<int[]> prompts = prompts(model, count);
      float[] row = new float[model.vocabularySize()];
      int[] next = new int[count];
      int[] positions = new int[count];
      long begin = System.nanoTime();
      for (int i = 0; i < count; i++) {
        context.clearBatch();
        int[] prompt = prompts.get(i);
        for (int at = 0; at < prompt.length; at++) {
          context.addToBatch(prompt[at], at, i, at == prompt.length - 1);
        }
        decode(context);
        context.logits(prompt.length - 1, row);
        next[i] = argmax(row);
        positions[i] = prompt.length;
      }
      for (int step = 1; step < tokens; step++) {
        context.clearBatch();
        for (int i = 0; i < count; i++) {
          context.addToBatch(next[i], positions[i]++, i, true);
        }
        decode(context);
        for (int i = 0; i < count; i++) {
          context.logits(i, row);
          next[i] = argmax(row);
        }
      }
      return rate(count, begin);
    } finally {
      context.close();
      model.close();
    }
  }

  private double loop(int count, Steps steps) throws Exception {
    LlamaEngine engine =
        LlamaEngine.open(
            LlamaOptions.of(natives, file, MAX_SEQUENCES, MAX_BATCHED_TOKENS)
                .withContextLength(CONTEXT)
                .withThreads(threads)
                .withKvCells(CONTEXT * MAX_SEQUENCES));
    try (EngineLoop loop =
            EngineLoop.start(
                engine,
                new BatchLimits(MAX_SEQUENCES, MAX_BATCHED_TOKENS, MAX_SEQUENCES),
                steps,
                System::nanoTime);
        ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<int[]> prompts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        prompts.add(engine.tokenizer().tokenize(prompt(i), true, false));
      }
      long begin = System.nanoTime();
      List<Future<Integer>> answers = new ArrayList<>();
      for (int[] prompt : prompts) {
        answers.add(readers.submit(() -> read(loop, prompt)));
      }
      int sum = 0;
      for (Future<Integer> answer : answers) {
        sum += answer.get();
      }
      if (sum != count * tokens) {
        throw new IllegalStateException(sum + " tokens instead of " + count * tokens);
      }
      return rate(count, begin);
    }
  }

  private int read(EngineLoop loop, int[] prompt) throws InterruptedException {
    GenerationRequest request =
        GenerationRequest.interactive(prompt, SamplingParams.greedy(tokens).ignoringEnd());
    return switch (loop.submit(request)) {
      case Submission.Rejected(var reason) -> throw new IllegalStateException(reason.message());
      case Submission.Accepted(var stream) -> {
        int read = 0;
        while (stream.next() instanceof TokenEvent.Token) {
          read++;
        }
        yield read;
      }
    };
  }

  private double rate(int count, long begin) {
    return (double) count * tokens / ((System.nanoTime() - begin) / 1e9);
  }

  private static List<int[]> prompts(LlamaModel model, int count) {
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(model.tokenize(prompt(i), true, false));
    }
    return prompts;
  }

  private static String prompt(int index) {
    return "Number %d: a short text about %s and what they mean to people. It begins like this:"
        .formatted(index, SUBJECTS.get(index % SUBJECTS.size()));
  }

  private static void decode(LlamaContext context) {
    if (!(context.decode() instanceof LlamaContext.Decoded.Done)) {
      throw new IllegalStateException("llama_decode failed");
    }
  }

  private static int argmax(float[] row) {
    int best = 0;
    for (int i = 1; i < row.length; i++) {
      if (row[i] > row[best]) {
        best = i;
      }
    }
    return best;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /// Sums over the loop's steps.
  private static final class Steps implements LoopObserver {
    private final LongAdder count = new LongAdder();
    private final LongAdder sequences = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder engineNanos = new LongAdder();

    @Override
    public void step(StepReport report) {
      count.increment();
      sequences.add(report.sequences());
      nanos.add(report.nanos());
      engineNanos.add(report.engineNanos());
    }

    double meanSequences() {
      return sequences.doubleValue() / count.doubleValue();
    }

    double outsidePercent() {
      return 100 * (1 - engineNanos.doubleValue() / nanos.doubleValue());
    }
  }
}
