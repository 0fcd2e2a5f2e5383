package dev.comptroller.e2e.simulator.input;

import java.nio.file.Path;

/// Input that cannot be used: says where, what is wrong and what would be right.
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// Something is wrong at a line of a file; 0: with the file as a whole.
  public InputException(Path file, long line, String message) {
    super(line > 0 ? "%s:%d: %s".formatted(file, line, message) : file + ": " + message);
  }

  /// Something is wrong that no single file is to blame for.
  public InputException(String message) {
    super(message);
  }
}
