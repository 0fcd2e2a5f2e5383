package dev.comptroller.e2e.fleet;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// One external command that runs to its end.
///
/// @param words program and arguments
/// @param environment variables beside the inherited ones
/// @param input what it reads on standard input
/// @param folder where it runs
public record Command(
    List<String> words, Map<String, String> environment, String input, Path folder) {
  public Command {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /// A command that runs where this program runs.
  public Command(List<String> words, Map<String, String> environment, String input) {
    this(words, environment, input, Path.of("").toAbsolutePath());
  }

  /// The same in another folder.
  public Command in(Path other) {
    return new Command(words, environment, input, other);
  }

  /// A command with the inherited environment and nothing to read.
  public static Command of(String... words) {
    return new Command(List.of(words), Map.of(), "");
  }

  /// How a command ended.
  ///
  /// @param status exit status
  /// @param output what it said, on both streams unless only standard output was asked for
  public record Result(int status, String output) {}

  /// Runs it and takes what it says on both streams.
  public Result run() {
    return run(new ProcessBuilder(words).redirectErrorStream(true));
  }

  /// Runs it, lets its progress through to standard error, and takes its standard output.
  public String answer() {
    Result result = run(new ProcessBuilder(words).redirectError(Redirect.INHERIT));
    if (result.status() != 0) {
      throw new FleetException(
          "%s ended with status %d; its last lines on standard error say why"
              .formatted(Path.of(words.getFirst()).getFileName(), result.status()));
    }
    return result.output().strip();
  }

  private Result run(ProcessBuilder builder) {
    builder.environment().putAll(environment);
    builder.directory(folder.toFile());
    try {
      Process process = builder.start();
      try {
        try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
          in.write(input);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
      } finally {
        process.destroy();
      }
    } catch (IOException e) {
      throw new FleetException("cannot run %s: %s".formatted(words.getFirst(), e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetException("interrupted while waiting for " + words.getFirst(), e);
    }
  }
}
