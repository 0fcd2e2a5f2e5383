package dev.comptroller.engine.llama.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.comptroller.engine.EngineException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// The C functions, one method each, of the library that was loaded from one folder.
///
/// Handles are static and final, one for each shape of function, so that the JIT compiler folds
/// them; the functions' addresses are the instance's. Names of handles: result, then arguments; P
/// pointer, I int, J long, Z boolean, V nothing, and the structs MP, CP, QP, B by value.
final class LlamaCalls {
  private static final MethodHandle V = handle(FunctionDescriptor.ofVoid());
  private static final MethodHandle P = handle(FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle V_P_P = handle(FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
  private static final MethodHandle P_P_MP =
      handle(FunctionDescriptor.of(ADDRESS, ADDRESS, Layouts.MODEL_PARAMS));
  private static final MethodHandle V_P = handle(FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle P_P_CP =
      handle(FunctionDescriptor.of(ADDRESS, ADDRESS, Layouts.CONTEXT_PARAMS));
  private static final MethodHandle I_P = handle(FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle P_P = handle(FunctionDescriptor.of(ADDRESS, ADDRESS));
  private static final MethodHandle Z_P_I_I_I =
      handle(FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle I_P_P_J =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle I_P_P_P_J =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle J_P = handle(FunctionDescriptor.of(JAVA_LONG, ADDRESS));
  private static final MethodHandle P_P_P =
      handle(FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle Z_P_I =
      handle(FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, JAVA_INT));
  private static final MethodHandle I_P_P_I_P_I_Z_Z =
      handle(
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_BOOLEAN, JAVA_BOOLEAN));
  private static final MethodHandle I_P_I_P_I_I_Z =
      handle(
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_BOOLEAN));
  private static final MethodHandle I_P_P_J_Z_P_I =
      handle(
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_BOOLEAN, ADDRESS, JAVA_INT));
  private static final MethodHandle I_P_B =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, Layouts.BATCH));
  private static final MethodHandle P_P_I =
      handle(FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle I_P_P_P =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle J = handle(FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle MP = handle(FunctionDescriptor.of(Layouts.MODEL_PARAMS));
  private static final MethodHandle CP = handle(FunctionDescriptor.of(Layouts.CONTEXT_PARAMS));
  private static final MethodHandle QP = handle(FunctionDescriptor.of(Layouts.QUANTIZE_PARAMS));

  private final MemorySegment backendInit;
  private final MemorySegment version;
  private final MemorySegment printSystemInfo;
  private final MemorySegment logSet;
  private final MemorySegment modelLoadFromFile;
  private final MemorySegment modelFree;
  private final MemorySegment initFromModel;
  private final MemorySegment free;
  private final MemorySegment contextCells;
  private final MemorySegment getMemory;
  private final MemorySegment memorySeqRm;
  private final MemorySegment modelGetVocab;
  private final MemorySegment modelTrainedContext;
  private final MemorySegment modelDesc;
  private final MemorySegment modelMetaValue;
  private final MemorySegment modelSize;
  private final MemorySegment modelParameters;
  private final MemorySegment modelChatTemplate;
  private final MemorySegment vocabTokens;
  private final MemorySegment vocabIsEog;
  private final MemorySegment tokenize;
  private final MemorySegment tokenToPiece;
  private final MemorySegment chatApplyTemplate;
  private final MemorySegment decode;
  private final MemorySegment logitsAt;
  private final MemorySegment quantize;
  private final MemorySegment backendCount;
  private final MemorySegment loadBackends;
  private final MemorySegment defaultModelParams;
  private final MemorySegment defaultContextParams;
  private final MemorySegment defaultQuantizeParams;

  /// Loads both libraries and finds every function.
  ///
  /// @throws EngineException when a library cannot be loaded or lacks a function
  LlamaCalls(Path llamaFile, Path ggmlFile) {
    Library ggml = Library.load(ggmlFile);
    Library llama = Library.load(llamaFile);
    this.backendInit = llama.find("llama_backend_init");
    this.version = llama.find("llama_version");
    this.printSystemInfo = llama.find("llama_print_system_info");
    this.logSet = llama.find("llama_log_set");
    this.modelLoadFromFile = llama.find("llama_model_load_from_file");
    this.modelFree = llama.find("llama_model_free");
    this.initFromModel = llama.find("llama_init_from_model");
    this.free = llama.find("llama_free");
    this.contextCells = llama.find("llama_n_ctx");
    this.getMemory = llama.find("llama_get_memory");
    this.memorySeqRm = llama.find("llama_memory_seq_rm");
    this.modelGetVocab = llama.find("llama_model_get_vocab");
    this.modelTrainedContext = llama.find("llama_model_n_ctx_train");
    this.modelDesc = llama.find("llama_model_desc");
    this.modelMetaValue = llama.find("llama_model_meta_val_str");
    this.modelSize = llama.find("llama_model_size");
    this.modelParameters = llama.find("llama_model_n_params");
    this.modelChatTemplate = llama.find("llama_model_chat_template");
    this.vocabTokens = llama.find("llama_vocab_n_tokens");
    this.vocabIsEog = llama.find("llama_vocab_is_eog");
    this.tokenize = llama.find("llama_tokenize");
    this.tokenToPiece = llama.find("llama_token_to_piece");
    this.chatApplyTemplate = llama.find("llama_chat_apply_template");
    this.decode = llama.find("llama_decode");
    this.logitsAt = llama.find("llama_get_logits_ith");
    this.quantize = llama.find("llama_model_quantize");
    this.backendCount = ggml.find("ggml_backend_reg_count");
    this.loadBackends = ggml.find("ggml_backend_load_all_from_path");
    this.defaultModelParams = llama.find("llama_model_default_params");
    this.defaultContextParams = llama.find("llama_context_default_params");
    this.defaultQuantizeParams = llama.find("llama_model_quantize_default_params");
  }

  void backendInit() {
    try {
      V.invokeExact(backendInit);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment version() {
    try {
      return (MemorySegment) P.invokeExact(version);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment printSystemInfo() {
    try {
      return (MemorySegment) P.invokeExact(printSystemInfo);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  void logSet(MemorySegment callback, MemorySegment userData) {
    try {
      V_P_P.invokeExact(logSet, callback, userData);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment modelLoadFromFile(MemorySegment path, MemorySegment params) {
    try {
      return (MemorySegment) P_P_MP.invokeExact(modelLoadFromFile, path, params);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  void modelFree(MemorySegment model) {
    try {
      V_P.invokeExact(modelFree, model);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment initFromModel(MemorySegment model, MemorySegment params) {
    try {
      return (MemorySegment) P_P_CP.invokeExact(initFromModel, model, params);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  void free(MemorySegment context) {
    try {
      V_P.invokeExact(free, context);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int contextCells(MemorySegment context) {
    try {
      return (int) I_P.invokeExact(contextCells, context);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment getMemory(MemorySegment context) {
    try {
      return (MemorySegment) P_P.invokeExact(getMemory, context);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  boolean memorySeqRm(MemorySegment memory, int sequence, int from, int to) {
    try {
      return (boolean) Z_P_I_I_I.invokeExact(memorySeqRm, memory, sequence, from, to);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment modelGetVocab(MemorySegment model) {
    try {
      return (MemorySegment) P_P.invokeExact(modelGetVocab, model);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int modelTrainedContext(MemorySegment model) {
    try {
      return (int) I_P.invokeExact(modelTrainedContext, model);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int modelDesc(MemorySegment model, MemorySegment buffer, long size) {
    try {
      return (int) I_P_P_J.invokeExact(modelDesc, model, buffer, size);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int modelMetaValue(MemorySegment model, MemorySegment key, MemorySegment buffer, long size) {
    try {
      return (int) I_P_P_P_J.invokeExact(modelMetaValue, model, key, buffer, size);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  long modelSize(MemorySegment model) {
    try {
      return (long) J_P.invokeExact(modelSize, model);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  long modelParameters(MemorySegment model) {
    try {
      return (long) J_P.invokeExact(modelParameters, model);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment modelChatTemplate(MemorySegment model, MemorySegment name) {
    try {
      return (MemorySegment) P_P_P.invokeExact(modelChatTemplate, model, name);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int vocabTokens(MemorySegment vocab) {
    try {
      return (int) I_P.invokeExact(vocabTokens, vocab);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  boolean vocabIsEog(MemorySegment vocab, int token) {
    try {
      return (boolean) Z_P_I.invokeExact(vocabIsEog, vocab, token);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int tokenize(
      MemorySegment vocab,
      MemorySegment text,
      int bytes,
      MemorySegment tokens,
      int size,
      boolean addSpecial,
      boolean parseSpecial) {
    try {
      return (int)
          I_P_P_I_P_I_Z_Z.invokeExact(
              tokenize, vocab, text, bytes, tokens, size, addSpecial, parseSpecial);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int tokenToPiece(
      MemorySegment vocab,
      int token,
      MemorySegment buffer,
      int size,
      int skipped,
      boolean special) {
    try {
      return (int)
          I_P_I_P_I_I_Z.invokeExact(tokenToPiece, vocab, token, buffer, size, skipped, special);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int chatApplyTemplate(
      MemorySegment template,
      MemorySegment messages,
      long count,
      boolean addAssistant,
      MemorySegment buffer,
      int size) {
    try {
      return (int)
          I_P_P_J_Z_P_I.invokeExact(
              chatApplyTemplate, template, messages, count, addAssistant, buffer, size);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int decode(MemorySegment context, MemorySegment batch) {
    try {
      return (int) I_P_B.invokeExact(decode, context, batch);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment logitsAt(MemorySegment context, int index) {
    try {
      return (MemorySegment) P_P_I.invokeExact(logitsAt, context, index);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  int quantize(MemorySegment from, MemorySegment to, MemorySegment params) {
    try {
      return (int) I_P_P_P.invokeExact(quantize, from, to, params);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  long backendCount() {
    try {
      return (long) J.invokeExact(backendCount);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  void loadBackends(MemorySegment folder) {
    try {
      V_P.invokeExact(loadBackends, folder);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment defaultModelParams(SegmentAllocator allocator) {
    try {
      return (MemorySegment) MP.invokeExact(defaultModelParams, allocator);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment defaultContextParams(SegmentAllocator allocator) {
    try {
      return (MemorySegment) CP.invokeExact(defaultContextParams, allocator);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  MemorySegment defaultQuantizeParams(SegmentAllocator allocator) {
    try {
      return (MemorySegment) QP.invokeExact(defaultQuantizeParams, allocator);
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  private static MethodHandle handle(FunctionDescriptor shape) {
    return Linker.nativeLinker().downcallHandle(shape);
  }

  /// A loaded file and its symbols.
  private record Library(Path file, SymbolLookup symbols) {
    /* Never unloaded: threads and callbacks of the library may outlive any scope. */
    static Library load(Path file) {
      try {
        return new Library(file, SymbolLookup.libraryLookup(file, Arena.global()));
      } catch (IllegalArgumentException failure) {
        throw new EngineException(
            "Cannot load "
                + file
                + ": "
                + failure.getMessage()
                + "; it needs Linux on x86-64 with glibc 2.34 or newer"
                + Sentinels.remedy(),
            failure);
      }
    }

    MemorySegment find(String symbol) {
      return symbols
          .find(symbol)
          .orElseThrow(
              () ->
                  new EngineException(
                      file
                          + " has no function "
                          + symbol
                          + ", so it is not llama.cpp "
                          + Sentinels.VERSION
                          + Sentinels.remedy()));
    }
  }
}
