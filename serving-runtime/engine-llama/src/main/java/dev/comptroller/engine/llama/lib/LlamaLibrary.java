package dev.comptroller.engine.llama.lib;

import java.nio.file.Path;

/// The library: opens models and quantizes files.
public interface LlamaLibrary {
  /// The version that the library answers.
  String version();

  /// The CPU features and back ends that are in use, as one line.
  String systemInfo();

  /// Opens a GGUF file.
  ///
  /// @throws dev.comptroller.engine.EngineException when it is missing, damaged or not supported
  LlamaModel openModel(Path file);

  /// Writes a model in another quantization.
  ///
  /// @param fileType the library's number of the quantization
  /// @param threads CPU threads to use
  /// @throws dev.comptroller.engine.EngineException when that fails
  void quantize(Path from, Path to, int fileType, int threads);
}
