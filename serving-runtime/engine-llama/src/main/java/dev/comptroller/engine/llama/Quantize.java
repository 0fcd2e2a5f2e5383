package dev.comptroller.engine.llama;

import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.llama.ffi.NativeLoader;
import dev.comptroller.engine.llama.lib.LlamaLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/// Writes a model in another quantization: `Quantize IN OUT TYPE`.
///
/// The result appears under its name only when it is whole.
public final class Quantize {
  private Quantize() {}

  /// Exits with 0 when the file is written, 2 on wrong arguments, 1 on a failure.
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: Quantize IN OUT TYPE; TYPE is one of " + Quantization.names());
      System.exit(2);
    }
    Quantization type = Quantization.named(args[2]).orElse(null);
    if (type == null) {
      System.err.println(
          "TYPE is " + args[2] + "; allowed: " + Quantization.names() + " (capital letters)");
      System.exit(2);
      return;
    }
    try {
      long before = System.nanoTime();
      LlamaLibrary library = NativeLoader.load(Natives.folder(System.getenv()));
      Path out = Path.of(args[1]);
      quantize(library, Path.of(args[0]), out, type);
      System.err.printf(
          "%s: %d bytes as %s in %d ms%n",
          out, Files.size(out), type, (System.nanoTime() - before) / 1_000_000);
    } catch (EngineException | IOException failure) {
      System.err.println(failure.getMessage());
      System.exit(1);
    }
  }

  /// Writes `out`, replacing it, through a file beside it.
  public static void quantize(LlamaLibrary library, Path in, Path out, Quantization type)
      throws IOException {
    if (!Files.isRegularFile(in)) {
      throw new EngineException("The model file " + in + " is missing");
    }
    Path folder = out.toAbsolutePath().getParent();
    if (folder == null) {
      throw new EngineException(out + " is not a file name");
    }
    Files.createDirectories(folder);
    Path partial =
        Files.createFile(folder.resolve(out.getFileName() + "." + UUID.randomUUID() + ".partial"));
    try {
      library.quantize(in, partial, type.fileType(), Runtime.getRuntime().availableProcessors());
      Files.move(partial, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
