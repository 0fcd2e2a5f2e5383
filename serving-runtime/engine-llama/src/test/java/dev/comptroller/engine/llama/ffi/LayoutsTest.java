package dev.comptroller.engine.llama.ffi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.engine.EngineException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutsTest {
  /// Printed by a C program with `sizeof` and `offsetof` over the pinned `llama.h` (gcc, x86-64).
  @Test
  void shouldLieWhereTheCompilerPutsThem() {
    assertThat(Layouts.MODEL_PARAMS.byteSize()).isEqualTo(80);
    offsets(
        Layouts.MODEL_PARAMS,
        Map.of(
            "n_gpu_layers",
            16,
            "main_gpu",
            32,
            "tensor_split",
            40,
            "kv_overrides",
            64,
            "vocab_only",
            72,
            "check_tensors",
            73,
            "load_mtp",
            77));
    assertThat(Layouts.CONTEXT_PARAMS.byteSize()).isEqualTo(160);
    offsets(
        Layouts.CONTEXT_PARAMS,
        Map.of(
            "n_seq_max",
            12,
            "n_outputs_max",
            20,
            "n_threads_batch",
            32,
            "flash_attn_type",
            52,
            "defrag_thold",
            84,
            "type_v",
            108,
            "embeddings",
            128,
            "kv_unified",
            133,
            "samplers",
            136,
            "ctx_other",
            152));
    assertThat(Layouts.QUANTIZE_PARAMS.byteSize()).isEqualTo(64);
    offsets(
        Layouts.QUANTIZE_PARAMS,
        Map.of(
            "ftype",
            4,
            "token_embedding_type",
            12,
            "allow_requantize",
            16,
            "dry_run",
            21,
            "imatrix",
            24,
            "max_buf_size",
            56));
    assertThat(Layouts.BATCH.byteSize()).isEqualTo(56);
    offsets(
        Layouts.BATCH, Map.of("token", 8, "pos", 24, "n_seq_id", 32, "seq_id", 40, "logits", 48));
    assertThat(Layouts.CHAT_MESSAGE.byteSize()).isEqualTo(16);
    offsets(Layouts.CHAT_MESSAGE, Map.of("role", 0, "content", 8));
  }

  @Test
  void shouldAcceptTheDefaultsOfTheRightLibrary() {
    try (Arena arena = Arena.ofConfined()) {
      Defaults defaults = new Defaults(arena);
      Sentinels.checkDefaults(defaults.model, defaults.context, defaults.quantize);
    }
  }

  @Test
  void shouldNameTheMemberThatMovedAndWhatToDo() {
    try (Arena arena = Arena.ofConfined()) {
      Defaults defaults = new Defaults(arena);
      new Struct(Layouts.CONTEXT_PARAMS, defaults.context).set("n_ubatch", 1);
      assertThatThrownBy(
              () -> Sentinels.checkDefaults(defaults.model, defaults.context, defaults.quantize))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("llama_context_params.n_ubatch is 1 where 512 is expected")
          .hasMessageContaining("natives/fetch");
    }
  }

  @Test
  void shouldNoticeAStructThatGrew() {
    try (Arena arena = Arena.ofConfined()) {
      Defaults defaults = new Defaults(arena);
      defaults.model.set(ValueLayout.JAVA_BYTE, Layouts.MODEL_PARAMS.byteSize(), (byte) 0);
      assertThatThrownBy(
              () -> Sentinels.checkDefaults(defaults.model, defaults.context, defaults.quantize))
          .hasMessageContaining("llama_model_params is larger than the 80 bytes expected");
    }
  }

  @Test
  void shouldNameTheVersionsFoundAndExpected() {
    assertThatThrownBy(() -> Sentinels.checkVersion("0.6.1", "/natives/libllama.so"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("/natives/libllama.so is version 0.6.1")
        .hasMessageContaining("needs 0.5.0-dev")
        .hasMessageContaining("3.22.1")
        .hasMessageContaining("COMPTROLLER_NATIVES");
  }

  private static void offsets(StructLayout struct, Map<String, Integer> expected) {
    expected.forEach(
        (member, offset) ->
            assertThat(Layouts.offset(struct, member)).as(member).isEqualTo((long) offset));
  }

  /// What the pinned library's `*_default_params` functions return, in marked memory.
  private static final class Defaults {
    final MemorySegment model;
    final MemorySegment context;
    final MemorySegment quantize;

    Defaults(Arena arena) {
      model = marked(arena, Layouts.MODEL_PARAMS);
      new Struct(Layouts.MODEL_PARAMS, model)
          .set("n_gpu_layers", -1)
          .set("split_mode", 1)
          .set("load_mode", -1)
          .set("lazy_mode", 1)
          .set("use_extra_bufts", true);
      context = marked(arena, Layouts.CONTEXT_PARAMS);
      new Struct(Layouts.CONTEXT_PARAMS, context)
          .set("n_ctx", 512)
          .set("n_batch", 2048)
          .set("n_ubatch", 512)
          .set("n_seq_max", 1)
          .set("n_outputs_max_per_seq", 1)
          .set("n_threads", 4)
          .set("rope_scaling_type", -1)
          .set("flash_attn_type", -1)
          .set("type_k", 1)
          .set("type_v", 1)
          .set("offload_kqv", true)
          .set("swa_full", true);
      quantize = marked(arena, Layouts.QUANTIZE_PARAMS);
      new Struct(Layouts.QUANTIZE_PARAMS, quantize)
          .set("ftype", 7)
          .set("output_tensor_type", 43)
          .set("token_embedding_type", 43)
          .set("quantize_output_tensor", true);
      quantize.set(
          ValueLayout.JAVA_LONG,
          Layouts.offset(Layouts.QUANTIZE_PARAMS, "max_buf_size"),
          8_589_934_592L);
    }

    private static MemorySegment marked(Arena arena, StructLayout struct) {
      MemorySegment block = arena.allocate(struct.byteSize() + Sentinels.MARGIN, 8);
      block.fill(Sentinels.MARK);
      block.asSlice(0, struct.byteSize()).fill((byte) 0);
      return block;
    }
  }
}
