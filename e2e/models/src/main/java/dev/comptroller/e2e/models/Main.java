package dev.comptroller.e2e.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Writes a seeded stand-in model from the command line.
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description = "Writes a GGUF model with a real vocabulary and seeded (untrained) weights.")
public final class Main implements Callable<Integer> {
  /// Sizes that have a name.
  public enum Size {
    tiny,
    small,
    medium,
    large;

    /// Sizes of the model's parts.
    public ModelShape shape() {
      return switch (this) {
        case tiny -> ModelShape.TINY;
        case small -> ModelShape.SMALL;
        case medium -> ModelShape.MEDIUM;
        case large -> ModelShape.LARGE;
      };
    }
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "file to write")
  private Path out = Path.of("model.gguf");

  @Option(
      names = "--size",
      defaultValue = "tiny",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Size size = Size.tiny;

  @Option(names = "--seed", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--type",
      defaultValue = "F16",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private TensorType type = TensorType.F16;

  /// Runs the command; exits with 2 on wrong options and 1 when the file cannot be written.
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    if (Files.isDirectory(out)) {
      throw new ParameterException(
          spec.commandLine(), "--out " + out + " is a folder; name a file in it");
    }
    new SeededModel(size.shape(), type, seed).write(out);
    System.err.printf(
        "wrote %s: seeded stand-in '%s', %.1f million parameters, %s, seed %d, %.1f MB%n",
        out, size, size.shape().parameters() / 1e6, type, seed, Files.size(out) / 1e6);
    return 0;
  }
}
