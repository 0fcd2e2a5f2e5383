package dev.comptroller.engine.llama.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.llama.lib.ContextOptions;
import dev.comptroller.engine.llama.lib.LlamaContext;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A context and its batch, whose arrays are allocated once.
final class FfiContext implements LlamaContext {
  private final LlamaCalls calls;
  private final NativeLog log;
  private final MemorySegment context;
  private final MemorySegment memory;
  private final int vocabularySize;
  private final int maxSequences;
  private final int capacity;

  private final Arena arena = Arena.ofShared();
  private final Struct batch;
  private final MemorySegment tokens;
  private final MemorySegment positions;
  private final MemorySegment sequences;
  private final MemorySegment outputs;

  /* The array that a token's seq_id points into: entry i holds i. */
  private final MemorySegment ids;
  private int size;
  private boolean closed;

  FfiContext(
      LlamaCalls calls,
      NativeLog log,
      MemorySegment context,
      ContextOptions options,
      int vocabularySize) {
    this.calls = calls;
    this.log = log;
    this.context = context;
    this.memory = calls.getMemory(context);
    this.vocabularySize = vocabularySize;
    this.maxSequences = options.maxSequences();
    this.capacity = options.maxBatchedTokens();
    this.tokens = arena.allocate(JAVA_INT, capacity);
    this.positions = arena.allocate(JAVA_INT, capacity);
    this.sequences = arena.allocate(ADDRESS, capacity);
    this.outputs = arena.allocate(JAVA_BYTE, capacity);
    MemorySegment counts = arena.allocate(JAVA_INT, capacity);
    for (int i = 0; i < capacity; i++) {
      counts.setAtIndex(JAVA_INT, i, 1);
    }
    this.batch =
        new Struct(Layouts.BATCH, arena.allocate(Layouts.BATCH))
            .set("token", tokens)
            .set("pos", positions)
            .set("n_seq_id", counts)
            .set("seq_id", sequences)
            .set("logits", outputs);
    this.ids = arena.allocate(JAVA_INT, maxSequences);
    for (int i = 0; i < maxSequences; i++) {
      ids.setAtIndex(JAVA_INT, i, i);
    }
  }

  @Override
  public int cells() {
    return calls.contextCells(context);
  }

  @Override
  public void forget(int sequence) {
    if (!calls.memorySeqRm(memory, requireSequence(sequence), -1, -1)) {
      throw new EngineException("The cells of sequence " + sequence + " cannot be dropped");
    }
  }

  @Override
  public void clearBatch() {
    size = 0;
  }

  @Override
  public int addToBatch(int token, int position, int sequence, boolean logits) {
    if (size == capacity) {
      throw new EngineException("A batch of more than " + capacity + " tokens");
    }
    if (token < 0 || token >= vocabularySize) {
      throw new EngineException("Token " + token + " of " + vocabularySize);
    }
    int index = size++;
    tokens.setAtIndex(JAVA_INT, index, token);
    positions.setAtIndex(JAVA_INT, index, position);
    sequences.setAtIndex(
        ADDRESS, index, ids.asSlice((long) requireSequence(sequence) * Integer.BYTES));
    outputs.setAtIndex(JAVA_BYTE, index, (byte) (logits ? 1 : 0));
    return index;
  }

  @Override
  public Decoded decode() {
    log.clear();
    batch.set("n_tokens", size);
    int code = calls.decode(context, batch.segment());
    if (code == 0) {
      return new Decoded.Done();
    }
    return code == 1 ? new Decoded.NoCells() : new Decoded.Failed(code, log.said());
  }

  @Override
  public void logits(int batchIndex, float[] into) {
    MemorySegment row = calls.logitsAt(context, batchIndex);
    if (row.address() == 0) {
      throw new EngineException("Token " + batchIndex + " of the batch has no logits");
    }
    MemorySegment.copy(
        row.reinterpret((long) vocabularySize * Float.BYTES),
        JAVA_FLOAT,
        0,
        into,
        0,
        vocabularySize);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      calls.free(context);
      arena.close();
    }
  }

  private int requireSequence(int sequence) {
    if (sequence < 0 || sequence >= maxSequences) {
      throw new EngineException("Sequence " + sequence + " of " + maxSequences);
    }
    return sequence;
  }
}
