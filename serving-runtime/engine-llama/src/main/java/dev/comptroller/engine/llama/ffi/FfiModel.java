package dev.comptroller.engine.llama.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.llama.lib.ContextOptions;
import dev.comptroller.engine.llama.lib.LlamaContext;
import dev.comptroller.engine.llama.lib.LlamaModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/// An open model; pieces of tokens are kept in Java, so that publishing calls nothing native.
final class FfiModel implements LlamaModel {
  private static final long LONGEST_STRING = 1L << 24;

  private final LlamaCalls calls;
  private final NativeLog log;
  private final MemorySegment model;
  private final MemorySegment vocab;
  private final byte[][] pieces;
  private final BitSet ends = new BitSet();

  /* Readers hold the read lock while they are inside the library, so that closing waits for them. */
  private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();
  private boolean closed;

  FfiModel(LlamaCalls calls, NativeLog log, MemorySegment model) {
    this.calls = calls;
    this.log = log;
    this.model = model;
    this.vocab = calls.modelGetVocab(model);
    this.pieces = new byte[calls.vocabTokens(vocab)][];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(256);
      for (int token = 0; token < pieces.length; token++) {
        pieces[token] = readPiece(token, buffer, arena);
        ends.set(token, calls.vocabIsEog(vocab, token));
      }
    }
  }

  @Override
  public String description() {
    return alive(() -> string((buffer, size) -> calls.modelDesc(model, buffer, size)).orElse(""));
  }

  @Override
  public Optional<String> metadata(String key) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(key);
      return alive(() -> string((buffer, size) -> calls.modelMetaValue(model, name, buffer, size)));
    }
  }

  @Override
  public long weightsBytes() {
    return alive(() -> calls.modelSize(model));
  }

  @Override
  public long parameters() {
    return alive(() -> calls.modelParameters(model));
  }

  @Override
  public int trainedContextLength() {
    return alive(() -> calls.modelTrainedContext(model));
  }

  @Override
  public int vocabularySize() {
    return pieces.length;
  }

  @Override
  public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment utf8 = arena.allocate(Math.max(1, bytes.length));
      MemorySegment.copy(bytes, 0, utf8, JAVA_BYTE, 0, bytes.length);
      MemorySegment[] tokens = {MemorySegment.NULL};
      int count =
          alive(
              () ->
                  grow(
                      bytes.length + 8,
                      capacity -> {
                        tokens[0] = arena.allocate(JAVA_INT, capacity);
                        return calls.tokenize(
                            vocab,
                            utf8,
                            bytes.length,
                            tokens[0],
                            capacity,
                            addSpecial,
                            parseSpecial);
                      }));
      return tokens[0].asSlice(0, (long) count * Integer.BYTES).toArray(JAVA_INT);
    }
  }

  @Override
  public byte[] piece(int token) {
    return pieces[token].clone();
  }

  @Override
  public boolean endsGeneration(int token) {
    return ends.get(token);
  }

  @Override
  public Optional<String> chatTemplate() {
    return alive(
        () -> {
          MemorySegment template = calls.modelChatTemplate(model, MemorySegment.NULL);
          return template.address() == 0
              ? Optional.empty()
              : Optional.of(template.reinterpret(LONGEST_STRING).getString(0));
        });
  }

  @Override
  public Optional<String> applyTemplate(
      String template, List<ChatMessage> messages, boolean addAssistant) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chat = arena.allocate(Layouts.CHAT_MESSAGE, Math.max(1, messages.size()));
      long stride = Layouts.CHAT_MESSAGE.byteSize();
      int expected = 256;
      for (int i = 0; i < messages.size(); i++) {
        MemorySegment role = arena.allocateFrom(messages.get(i).role());
        MemorySegment content = arena.allocateFrom(messages.get(i).content());
        new Struct(Layouts.CHAT_MESSAGE, chat.asSlice(i * stride, stride))
            .set("role", role)
            .set("content", content);
        expected = Math.addExact(expected, (int) (role.byteSize() + content.byteSize() + 64));
      }
      MemorySegment name = arena.allocateFrom(template);
      MemorySegment buffer = arena.allocate(expected);
      int length = render(name, chat, messages.size(), addAssistant, buffer);
      if (length > buffer.byteSize()) {
        buffer = arena.allocate(length);
        length = render(name, chat, messages.size(), addAssistant, buffer);
      }
      return length < 0
          ? Optional.empty()
          : Optional.of(
              new String(buffer.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8));
    }
  }

  @Override
  public LlamaContext newContext(ContextOptions options) {
    return alive(() -> openContext(options));
  }

  @Override
  public void close() {
    lifetime.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        calls.modelFree(model);
      }
    } finally {
      lifetime.writeLock().unlock();
    }
  }

  private LlamaContext openContext(ContextOptions options) {
    log.clear();
    try (Arena arena = Arena.ofConfined()) {
      Struct params =
          new Struct(Layouts.CONTEXT_PARAMS, calls.defaultContextParams(arena))
              .set("n_ctx", options.cells())
              .set("n_batch", options.maxBatchedTokens())
              .set("n_ubatch", Math.min(512, options.maxBatchedTokens()))
              .set("n_seq_max", options.maxSequences())
              .set("n_outputs_max", options.maxSequences())
              .set("n_threads", options.threads())
              .set("n_threads_batch", options.threads())
              .set("kv_unified", true);
      MemorySegment context = calls.initFromModel(model, params.segment());
      if (context.address() == 0) {
        throw new EngineException(
            "Cannot make a context of "
                + options.cells()
                + " cells for "
                + options.maxSequences()
                + " sequences: "
                + log.said());
      }
      return new FfiContext(calls, log, context, options, pieces.length);
    }
  }

  private int render(
      MemorySegment template,
      MemorySegment chat,
      int messages,
      boolean addAssistant,
      MemorySegment buffer) {
    return calls.chatApplyTemplate(
        template, chat, messages, addAssistant, buffer, (int) buffer.byteSize());
  }

  private byte[] readPiece(int token, MemorySegment buffer, Arena arena) {
    int length = calls.tokenToPiece(vocab, token, buffer, (int) buffer.byteSize(), 0, false);
    if (length < 0) {
      return readPiece(token, arena.allocate(-length), arena);
    }
    return buffer.asSlice(0, length).toArray(JAVA_BYTE);
  }

  /// Calls with a capacity, and again with the one that was asked for when that was too small.
  private static int grow(int capacity, IntUnaryOperator call) {
    int result = call.applyAsInt(capacity);
    if (result >= 0) {
      return result;
    }
    if (result == Integer.MIN_VALUE) {
      throw new EngineException("The text has more tokens than can be counted; shorten it");
    }
    return call.applyAsInt(-result);
  }

  private static Optional<String> string(StringCall call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(4096);
      int length = call.read(buffer, buffer.byteSize());
      if (length < 0) {
        return Optional.empty();
      }
      if (length >= buffer.byteSize()) {
        buffer = arena.allocate(length + 1L);
        call.read(buffer, buffer.byteSize());
      }
      return Optional.of(buffer.getString(0));
    }
  }

  private <T> T alive(Supplier<T> call) {
    lifetime.readLock().lock();
    try {
      if (closed) {
        throw new EngineException("The model is closed");
      }
      return call.get();
    } finally {
      lifetime.readLock().unlock();
    }
  }

  /// Reads a string into a buffer and answers its length.
  private interface StringCall {
    int read(MemorySegment buffer, long size);
  }
}
