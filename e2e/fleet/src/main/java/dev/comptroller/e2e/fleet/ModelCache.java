package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.models.ModelShape;
import dev.comptroller.e2e.models.SeededModel;
import dev.comptroller.e2e.models.TensorType;
import dev.comptroller.engine.llama.Natives;
import dev.comptroller.engine.llama.Quantize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The models on this machine's disk, fetched or made once.
///
/// @param folder what the claim `models` shows to pods
public record ModelCache(Path folder) {
  private static final String SMOLLM = "SmolLM2-135M-Instruct";
  private static final long SEED = 1;

  /// Where the models come from.
  public enum Kind {
    /// SmolLM2 from a package, the same requantised, and one seeded stand-in.
    REAL,
    /// Three seeded stand-ins: nothing is downloaded.
    SEEDED
  }

  /// Makes sure that all models of a kind are there.
  static ModelCache ensure(Kind kind, Repository repository, Path natives, Progress progress) {
    return switch (kind) {
      case REAL -> {
        Path folder =
            Path.of(Command.of(repository.script("e2e/models/fetch").toString()).answer());
        ModelCache cache = new ModelCache(folder);
        cache.ensureRequantised(natives, progress);
        cache.ensureSeeded("stand-in-tiny.gguf", ModelShape.TINY, progress);
        yield cache;
      }
      case SEEDED -> {
        ModelCache cache = new ModelCache(Natives.cache(System.getenv()).resolve("models"));
        cache.ensureSeeded("seeded-large.gguf", ModelShape.LARGE, progress);
        cache.ensureSeeded("seeded-medium.gguf", ModelShape.MEDIUM, progress);
        cache.ensureSeeded("seeded-tiny.gguf", ModelShape.TINY, progress);
        yield cache;
      }
    };
  }

  private void ensureSeeded(String name, ModelShape shape, Progress progress) {
    Path file = folder.resolve(name);
    if (Files.isRegularFile(file)) {
      return;
    }
    progress.say("writing " + name + ": a seeded stand-in that was trained on nothing");
    try {
      new SeededModel(shape, TensorType.F16, SEED).write(file);
    } catch (IOException e) {
      throw new FleetException(
          "cannot write %s: %s; is there room in %s?".formatted(name, e.getMessage(), folder), e);
    }
  }

  private void ensureRequantised(Path natives, Progress progress) {
    Path target = folder.resolve(SMOLLM + ".Q2_K.gguf");
    if (Files.isRegularFile(target)) {
      return;
    }
    progress.say("requantising " + SMOLLM + " from Q4_1 to Q2_K with llama.cpp's own quantiser");
    Path source = folder.resolve(SMOLLM + ".Q4_1.gguf");
    // A process of its own: what goes wrong in native code ends only that.
    Command.Result result =
        new Command(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Quantize.class.getName(),
                    source.toString(),
                    target.toString(),
                    "Q2_K"),
                Map.of("COMPTROLLER_NATIVES", natives.toString()),
                "")
            .run();
    if (result.status() != 0) {
      throw new FleetException(
          "cannot requantise %s; llama.cpp says\n%s".formatted(source, result.output().indent(2)));
    }
  }
}
