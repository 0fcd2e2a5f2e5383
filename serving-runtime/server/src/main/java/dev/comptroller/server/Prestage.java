package dev.comptroller.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Reads a model file through once and checks its digest, or all files of a model folder, without
/// loading it.
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
      paramLabel = "PATH",
      description = "the GGUF file to read, or the folder")
  private @Nullable Path model;

  @Option(
      names = "--model-digest",
      paramLabel = "sha256:HEX",
      converter = Main.DigestConverter.class,
      description = "what the file's digest must be")
  private @Nullable ModelDigest digest;

  @Override
  public Integer call() {
    Path path = model;
    boolean folder = path != null && Files.isDirectory(path);
    if (!prestage || path == null || !Files.isReadable(path)) {
      throw new ParameterException(
          spec.commandLine(), "--model " + path + " is no file or folder that can be read");
    }
    if (folder && digest != null) {
      throw new ParameterException(
          spec.commandLine(), "--model-digest is of one file, and " + path + " is a folder");
    }
    try {
      if (folder) {
        folder(path);
      } else {
        file(path);
      }
      return 0;
    } catch (IOException e) {
      System.err.println("runtime: " + e.getMessage());
      return 1;
    }
  }

  private void file(Path file) throws IOException {
    long began = System.nanoTime();
    String found = ModelDigest.of(file);
    if (digest != null) {
      digest.require(file, found);
    }
    System.err.printf(
        "runtime: read %s: %d bytes in %d ms, sha256:%s%n",
        file, Files.size(file), millisSince(began), found);
  }

  private static void folder(Path folder) throws IOException {
    long began = System.nanoTime();
    long bytes = 0;
    int files = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, Files::isRegularFile)) {
      for (Path file : all) {
        Files.copy(file, OutputStream.nullOutputStream());
        bytes += Files.size(file);
        files++;
      }
    }
    if (files == 0) {
      throw new IOException("--model " + folder + " has no files");
    }
    System.err.printf(
        "runtime: read %s: %d bytes of %d files in %d ms%n",
        folder, bytes, files, millisSince(began));
  }

  private static long millisSince(long began) {
    return (System.nanoTime() - began) / 1_000_000;
  }
}
