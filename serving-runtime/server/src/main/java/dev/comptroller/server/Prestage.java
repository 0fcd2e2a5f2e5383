package dev.comptroller.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Reads a model file through once and checks its digest, without loading it.
///
/// Run on a node before its GPUs are needed, it brings the file near and finds a wrong one early.
/// Exits with 0 when the file is whole and right, with 1 when it is not, with 2 on wrong options.
@Command(
    name = "server-runner --prestage",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Reads a model file through once and checks its digest.")
final class Prestage implements Callable<Integer> {
  /// The flag that asks for it.
  static final String FLAG = "--prestage";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = FLAG, required = true, description = "read the file and end; serve nothing")
  private boolean prestage;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "the GGUF file to read")
  private @Nullable Path model;

  @Option(
      names = "--model-digest",
      paramLabel = "sha256:HEX",
      converter = Main.DigestConverter.class,
      description = "what the file's digest must be")
  private @Nullable ModelDigest digest;

  @Override
  public Integer call() {
    Path file = model;
    if (!prestage || file == null || !Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ParameterException(
          spec.commandLine(), "--model " + file + " is no file that can be read");
    }
    long began = System.nanoTime();
    try {
      String found = ModelDigest.of(file);
      if (digest != null) {
        digest.require(file, found);
      }
      long millis = (System.nanoTime() - began) / 1_000_000;
      System.err.printf(
          "runtime: read %s: %d bytes in %d ms, sha256:%s%n",
          file, Files.size(file), millis, found);
      return 0;
    } catch (IOException e) {
      System.err.println("runtime: " + e.getMessage());
      return 1;
    }
  }
}
