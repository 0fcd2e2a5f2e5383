package dev.comptroller.engine;

import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.metering.StepWork;
import dev.comptroller.metering.WorkCost;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// An engine without a model: steps take the time that a cost model says, answers are a fixed text.
///
/// It checks what every engine relies on: slots are cleared before they are used anew, positions
/// have no gap, and no more cells are used than exist.
public final class SimulatedEngine implements Engine {
  private static final int SEQUENCES_KNOWN = 100_000;
  private static final byte[] ANSWER =
      "This text is simulated; no model has computed it. ".getBytes(StandardCharsets.UTF_8);

  private final SimulatedOptions options;
  private final Pause pause;
  private final ByteTokenizer tokenizer = new ByteTokenizer();
  private final EngineInfo info;
  private final float[] row;
  private final int[] cellsOfSlot;
  private final long[] sequenceOfSlot;
  /* Preempted sequences keep their count; those that were aborted fall out in time. */
  private final Map<Long, Integer> sampled =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
          return size() > SEQUENCES_KNOWN;
        }
      };
  private boolean closed;

  /// A simulated engine that lets time pass in a way.
  public SimulatedEngine(SimulatedOptions options, Pause pause) {
    this.options = options;
    this.pause = pause;
    this.row = new float[tokenizer.vocabularySize()];
    this.cellsOfSlot = new int[options.maxSequences()];
    this.sequenceOfSlot = new long[options.maxSequences()];
    this.info =
        new EngineInfo(
            "simulated",
            "simulated",
            "No model: a fixed text at a simulated pace",
            options.contextLength(),
            tokenizer.vocabularySize(),
            0,
            0,
            options.maxSequences(),
            options.maxBatchedTokens(),
            options.kvCells());
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public WorkCost workCost() {
    return options.workCost();
  }

  @Override
  public void step(StepPlan plan, LogitsRows rows) {
    if (closed) {
      throw new EngineException("The engine is closed");
    }
    for (int slot : plan.cleared()) {
      cellsOfSlot[slot] = 0;
    }
    if (plan.tokens() > options.maxBatchedTokens()) {
      throw new EngineException(
          plan.tokens() + " tokens in a step of at most " + options.maxBatchedTokens());
    }
    long kvRead = 0;
    for (Slice slice : plan.slices()) {
      kvRead += compute(slice);
    }
    int used = Arrays.stream(cellsOfSlot).sum();
    if (used > options.kvCells()) {
      throw new EngineException(used + " cells used of " + options.kvCells());
    }
    pause.nanos(options.stepNanos(plan.tokens(), kvRead));
    for (Slice slice : plan.slices()) {
      if (slice.samples()) {
        rows.row(slice, logits(slice.sequence()));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  /// Books the cells of a slice and gives the number of earlier tokens that it reads.
  private long compute(Slice slice) {
    int before = cellsOfSlot[slice.slot()];
    if (before != slice.from()
        || (before > 0 && sequenceOfSlot[slice.slot()] != slice.sequence())) {
      throw new EngineException(
          "Slot "
              + slice.slot()
              + " holds "
              + before
              + " tokens of sequence "
              + sequenceOfSlot[slice.slot()]
              + ", but "
              + slice.sequence()
              + " continues at "
              + slice.from());
    }
    sequenceOfSlot[slice.slot()] = slice.sequence();
    cellsOfSlot[slice.slot()] = before + slice.count();
    return StepWork.kvRead(before, slice.count());
  }

  private float[] logits(long sequence) {
    int index = sampled.merge(sequence, 1, Integer::sum) - 1;
    boolean ends = options.answerTokens() > 0 && index >= options.answerTokens() - 1;
    int token = ends ? ByteTokenizer.END : ANSWER[index % ANSWER.length];
    if (ends) {
      sampled.remove(sequence);
    }
    Arrays.fill(row, 0);
    row[token] = 20;
    return row;
  }
}
