package dev.comptroller.server;

import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.engine.ByteTokenizer;
import dev.comptroller.engine.Engine;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.EngineInfo;
import dev.comptroller.engine.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/// Answers every prompt with the same bytes, one token a byte, and steps only as often as it may.
final class ScriptedEngine implements Engine {
  private static final int PLENTY = 1_000_000;

  private final byte[] answer;
  private final EngineInfo info;
  private final ByteTokenizer tokenizer = new ByteTokenizer();
  private final Semaphore steps;
  private final Map<Long, Integer> given = new ConcurrentHashMap<>();
  private final List<StepPlan> plans = new CopyOnWriteArrayList<>();
  private volatile boolean failing;

  private ScriptedEngine(byte[] answer, int maxSequences, int steps) {
    this.answer = answer.clone();
    this.steps = new Semaphore(steps);
    this.info =
        new EngineInfo(
            "scripted", "scripted", "a script", 512, 258, 0, 0, maxSequences, 4096, 1 << 16);
  }

  /// An engine that never waits.
  static ScriptedEngine saying(byte[] answer, int maxSequences) {
    return new ScriptedEngine(answer, maxSequences, PLENTY);
  }

  /// An engine that makes a step for each permit.
  static ScriptedEngine stepwise(byte[] answer, int maxSequences) {
    return new ScriptedEngine(answer, maxSequences, 0);
  }

  /// Lets it make steps.
  void permit(int count) {
    steps.release(count);
  }

  /// Lets it make all the steps it wants.
  void letGo() {
    steps.release(PLENTY);
  }

  /// Lets the next step fail.
  void failNext() {
    failing = true;
    steps.release();
  }

  /// The steps that it was asked for.
  List<StepPlan> plans() {
    return plans;
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
  public void step(StepPlan plan, LogitsRows rows) {
    plans.add(plan);
    steps.acquireUninterruptibly();
    if (failing) {
      throw new EngineException("the script ends here");
    }
    for (Slice slice : plan.slices()) {
      if (slice.samples()) {
        int index = given.merge(slice.sequence(), 1, Integer::sum) - 1;
        float[] row = new float[info.vocabularySize()];
        Arrays.fill(row, -30f);
        row[index < answer.length ? Byte.toUnsignedInt(answer[index]) : ByteTokenizer.END] = 30f;
        rows.row(slice, row);
      }
    }
  }

  @Override
  public void close() {}
}
