package dev.comptroller.gateway.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An API key as a client sends it: `cmp_<id>_<secret>`.
///
/// The id finds it and is no secret; the secret is 256 random bits. At rest there is only the
/// SHA-256 of the whole key: with that much randomness nobody can search for it, so nothing slower
/// is needed.
///
/// @param id eight hexadecimal digits
/// @param text the whole key
public record ApiKey(String id, String text) {
  /// How every key begins.
  public static final String PREFIX = "cmp_";

  private static final Pattern SHAPE = Pattern.compile("cmp_([0-9a-f]{8})_[A-Za-z0-9_-]{43}");

  /// A new one.
  public static ApiKey random(SecureRandom random) {
    byte[] id = new byte[4];
    byte[] secret = new byte[32];
    random.nextBytes(id);
    random.nextBytes(secret);
    String name = HexFormat.of().formatHex(id);
    return new ApiKey(
        name, PREFIX + name + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
  }

  /// The key that a text is; empty if it does not look like one.
  public static Optional<ApiKey> parse(String text) {
    Matcher shape = SHAPE.matcher(text);
    return shape.matches() ? Optional.of(new ApiKey(shape.group(1), text)) : Optional.empty();
  }

  /// What is kept of it.
  public byte[] hash() {
    return sha256(text);
  }

  /// The SHA-256 of a text.
  static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /// Never the key itself.
  @Override
  public String toString() {
    return "key " + id;
  }
}
