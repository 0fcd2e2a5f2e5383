package dev.comptroller.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/// The SHA-256 sum that a model file must have.
///
/// @param hex 64 hexadecimal digits in lower case
record ModelDigest(String hex) {
  private static final String PREFIX = "sha256:";

  /// Reads `sha256:HEX`.
  static ModelDigest parse(String text) {
    String hex =
        text.startsWith(PREFIX) ? text.substring(PREFIX.length()).toLowerCase(Locale.ROOT) : "";
    if (!hex.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "must be sha256: and 64 hexadecimal digits, is '" + text + "'");
    }
    return new ModelDigest(hex);
  }

  /// Refuses a file with another sum.
  void verify(Path file) throws IOException {
    require(file, of(file));
  }

  /// Refuses `file`, whose sum is `found`, unless it is this one.
  void require(Path file, String found) throws IOException {
    if (!found.equals(hex)) {
      throw new IOException(
          "%s is not the expected file: --model-digest is sha256:%s, its digest is sha256:%s (%d bytes)"
              .formatted(file, hex, found, Files.size(file)));
    }
  }

  /// The sum of a file, in hexadecimal digits.
  static String of(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
