package dev.comptroller.engine.llama.ffi;

import dev.comptroller.engine.EngineException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/// Proves that the loaded library is the one that the layouts were written for.
///
/// The version first; then the library's own defaults, member by member, written into memory that
/// was filled with a mark: a member that moved, a struct that grew or one that shrank shows.
final class Sentinels {
  /// What `llama_version()` answers in the pinned package.
  static final String VERSION = "0.5.0-dev";

  /// The package that carries it.
  static final String PACKAGE = "@node-llama-cpp/linux-x64 3.22.1";

  /// Fills memory that a struct is returned into.
  static final byte MARK = (byte) 0xA5;

  /// Bytes behind a returned struct that have to keep their mark.
  static final int MARGIN = 256;

  private static final Map<String, Long> MODEL =
      Map.of(
          "n_gpu_layers", -1L,
          "split_mode", 1L,
          "load_mode", -1L,
          "lazy_mode", 1L,
          "main_gpu", 0L,
          "kv_overrides", 0L,
          "vocab_only", 0L,
          "use_extra_bufts", 1L,
          "load_mtp", 0L);

  private static final Map<String, Long> CONTEXT =
      Map.ofEntries(
          Map.entry("n_ctx", 512L),
          Map.entry("n_batch", 2048L),
          Map.entry("n_ubatch", 512L),
          Map.entry("n_seq_max", 1L),
          Map.entry("n_outputs_max_per_seq", 1L),
          Map.entry("n_threads", 4L),
          Map.entry("rope_scaling_type", -1L),
          Map.entry("flash_attn_type", -1L),
          Map.entry("cb_eval", 0L),
          Map.entry("type_k", 1L),
          Map.entry("type_v", 1L),
          Map.entry("offload_kqv", 1L),
          Map.entry("swa_full", 1L),
          Map.entry("kv_unified", 0L),
          Map.entry("n_samplers", 0L),
          Map.entry("ctx_other", 0L));

  private static final Map<String, Long> QUANTIZE =
      Map.of(
          "nthread", 0L,
          "ftype", 7L,
          "output_tensor_type", 43L,
          "token_embedding_type", 43L,
          "quantize_output_tensor", 1L,
          "dry_run", 0L,
          "prune_layers", 0L,
          "max_buf_size", 8_589_934_592L);

  private Sentinels() {}

  /// Checks the version that a library answers.
  static void checkVersion(String found, Object file) {
    if (!found.equals(VERSION)) {
      throw new EngineException(
          "llama.cpp in "
              + file
              + " is version "
              + found
              + ", but this build needs "
              + VERSION
              + remedy());
    }
  }

  /// Checks the defaults of all three parameter structs, each with its margin.
  static void checkDefaults(MemorySegment model, MemorySegment context, MemorySegment quantize) {
    check("llama_model_params", new Struct(Layouts.MODEL_PARAMS, model), MODEL);
    check("llama_context_params", new Struct(Layouts.CONTEXT_PARAMS, context), CONTEXT);
    check("llama_model_quantize_params", new Struct(Layouts.QUANTIZE_PARAMS, quantize), QUANTIZE);
  }

  /// What to do about a wrong library.
  static String remedy() {
    return "; fetch "
        + PACKAGE
        + " with serving-runtime/engine-llama/natives/fetch and set COMPTROLLER_NATIVES to the"
        + " folder that it prints (or leave it unset)";
  }

  private static void check(String name, Struct struct, Map<String, Long> expected) {
    expected.forEach(
        (member, value) -> {
          long found = struct.value(member);
          if (found != value) {
            throw new EngineException(
                "llama.cpp says version "
                    + VERSION
                    + ", but its default "
                    + name
                    + "."
                    + member
                    + " is "
                    + found
                    + " where "
                    + value
                    + " is expected: the library was built from other sources"
                    + remedy());
          }
        });
    long size = struct.layout().byteSize();
    for (long at = size; at < size + MARGIN; at++) {
      if (struct.segment().get(ValueLayout.JAVA_BYTE, at) != MARK) {
        throw new EngineException(
            "llama.cpp says version "
                + VERSION
                + ", but its "
                + name
                + " is larger than the "
                + size
                + " bytes expected: the library was built from other sources"
                + remedy());
      }
    }
  }
}
