package dev.comptroller.gateway.queue;

/// What one batch may hold.
///
/// @param bytes of an input file
/// @param lines of an input file
/// @param line bytes of one line
public record Limits(long bytes, int lines, int line) {
  /// The limits of OpenAI's API; a line is as long as a request may be.
  public static final Limits STANDARD = new Limits(200_000_000L, 50_000, 10 * 1024 * 1024);
}
