package dev.comptroller.engine.llama.ffi;

import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.llama.lib.LlamaLibrary;
import dev.comptroller.engine.llama.lib.LlamaModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/// The loaded library.
final class FfiLlamaLibrary implements LlamaLibrary {
  private final LlamaCalls calls;
  private final NativeLog log;

  FfiLlamaLibrary(LlamaCalls calls, NativeLog log) {
    this.calls = calls;
    this.log = log;
  }

  @Override
  public String version() {
    return calls.version().reinterpret(256).getString(0);
  }

  @Override
  public String systemInfo() {
    return calls.printSystemInfo().reinterpret(1 << 16).getString(0).strip();
  }

  @Override
  public LlamaModel openModel(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new EngineException("The model file " + file + " is missing");
    }
    log.clear();
    try (Arena arena = Arena.ofConfined()) {
      Struct params =
          new Struct(Layouts.MODEL_PARAMS, calls.defaultModelParams(arena))
              .set("n_gpu_layers", -1)
              .set("check_tensors", true);
      MemorySegment model =
          calls.modelLoadFromFile(arena.allocateFrom(file.toString()), params.segment());
      if (model.address() == 0) {
        throw new EngineException("Cannot load the model " + file + ": " + log.said());
      }
      return new FfiModel(calls, log, model);
    }
  }

  @Override
  public void quantize(Path from, Path to, int fileType, int threads) {
    log.clear();
    try (Arena arena = Arena.ofConfined()) {
      Struct params =
          new Struct(Layouts.QUANTIZE_PARAMS, calls.defaultQuantizeParams(arena))
              .set("nthread", threads)
              .set("ftype", fileType)
              .set("allow_requantize", true);
      int code =
          calls.quantize(
              arena.allocateFrom(from.toString()),
              arena.allocateFrom(to.toString()),
              params.segment());
      if (code != 0) {
        throw new EngineException(
            "Cannot quantize " + from + " (code " + code + "): " + log.said());
      }
    }
  }
}
