package dev.comptroller.engine.llama.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.llama.lib.LlamaLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Loads the natives of a folder and proves that they are the right ones.
public final class NativeLoader {
  /// What the library's file is called in the pinned package; the CUDA package has an infix.
  private static final List<String> LLAMA_FILES =
      List.of("libllama.v0.5.0.so", "libllama.cuda.v0.5.0.so");

  private NativeLoader() {}

  /// Loads the natives; may be called again for the same folder.
  ///
  /// @throws EngineException when they are missing, incomplete or of another version
  public static LlamaLibrary load(Path folder) {
    synchronized (NativeLoader.class) {
      return loadAlone(folder.toAbsolutePath());
    }
  }

  private static LlamaLibrary loadAlone(Path folder) {
    Path llama = llamaFile(folder);
    Path ggml = folder.resolve(llama.getFileName().toString().replaceFirst("libllama", "libggml"));
    if (!Files.isRegularFile(ggml)) {
      throw new EngineException(folder + " lacks " + ggml.getFileName() + Sentinels.remedy());
    }
    LlamaCalls calls = new LlamaCalls(llama, ggml);
    Sentinels.checkVersion(calls.version().reinterpret(256).getString(0), llama);
    try (Arena arena = Arena.ofConfined()) {
      Sentinels.checkDefaults(
          calls.defaultModelParams(marked(arena, Layouts.MODEL_PARAMS)),
          calls.defaultContextParams(marked(arena, Layouts.CONTEXT_PARAMS)),
          calls.defaultQuantizeParams(marked(arena, Layouts.QUANTIZE_PARAMS)));
    }
    NativeLog log = new NativeLog();
    calls.logSet(stub(log), MemorySegment.NULL);
    if (calls.backendCount() == 0) {
      try (Arena arena = Arena.ofConfined()) {
        calls.loadBackends(arena.allocateFrom(folder.toString()));
      }
      calls.backendInit();
    }
    if (calls.backendCount() == 0) {
      throw new EngineException(
          folder + " has no back end (libggml-cpu-*.so) for this machine" + Sentinels.remedy());
    }
    return new FfiLlamaLibrary(calls, log);
  }

  private static Path llamaFile(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new EngineException(
          "The natives' folder " + folder + " is missing" + Sentinels.remedy());
    }
    for (String name : LLAMA_FILES) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<String> others =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.startsWith("libllama"))
              .sorted()
              .toList();
      throw new EngineException(
          folder
              + " lacks "
              + LLAMA_FILES.getFirst()
              + (others.isEmpty() ? "" : " (it has " + String.join(", ", others) + ")")
              + Sentinels.remedy());
    } catch (IOException failure) {
      throw new EngineException("Cannot read " + folder + ": " + failure, failure);
    }
  }

  private static SegmentAllocator marked(Arena arena, StructLayout layout) {
    MemorySegment block = arena.allocate(layout.byteSize() + Sentinels.MARGIN, 16);
    block.fill(Sentinels.MARK);
    return (_, _) -> block;
  }

  private static MemorySegment stub(NativeLog log) {
    try {
      return Linker.nativeLinker()
          .upcallStub(
              MethodHandles.lookup()
                  .findVirtual(
                      NativeLog.class,
                      "line",
                      MethodType.methodType(
                          void.class, int.class, MemorySegment.class, MemorySegment.class))
                  .bindTo(log),
              FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS),
              Arena.global());
    } catch (ReflectiveOperationException failure) {
      throw new LinkageError("NativeLog.line is missing", failure);
    }
  }
}
