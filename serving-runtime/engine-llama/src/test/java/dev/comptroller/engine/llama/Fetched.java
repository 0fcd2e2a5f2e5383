package dev.comptroller.engine.llama;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// What the repository's own scripts bring: the natives and the demo's model.
final class Fetched {
  private Fetched() {}

  /// The folder with the natives.
  static Path natives() throws IOException, InterruptedException {
    return run("natives/fetch");
  }

  /// SmolLM2-135M-Instruct.
  static Path instructModel() throws IOException, InterruptedException {
    return run("../../e2e/models/fetch").resolve("SmolLM2-135M-Instruct.Q4_1.gguf");
  }

  private static Path run(String script) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Path.of(script).toAbsolutePath().normalize().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String folder =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    int code = process.waitFor();
    if (code != 0) {
      throw new IllegalStateException(script + " exited with " + code + "; its reason is above");
    }
    return Path.of(folder);
  }
}
