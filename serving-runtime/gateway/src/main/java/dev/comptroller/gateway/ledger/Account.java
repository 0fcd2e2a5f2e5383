package dev.comptroller.gateway.ledger;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// What charges are counted on, within one period.
///
/// A hold names the accounts it binds, outermost first; it is granted only if every one of them has
/// room. The period is part of the account, so an operation belongs to the period it was reserved
/// in however long it runs, and a new period is nothing but a new account.
public sealed interface Account {
  /// The namespace that pays.
  String namespace();

  /// When the period began.
  Instant periodStart();

  /// What one feature of a namespace is charged, whoever serves it.
  record Feature(String namespace, String feature, Instant periodStart) implements Account {
    public Feature {
      requireName("namespace", namespace);
      requireName("feature", feature);
    }
  }

  /// What a namespace is charged by other namespaces.
  record Abroad(String namespace, Instant periodStart) implements Account {
    public Abroad {
      requireName("namespace", namespace);
    }
  }

  /// What a namespace is charged under one grant: the period is the grant's, so for a limit per
  /// hour it starts with the hour.
  ///
  /// @param provider `namespace/deployment` that gave the grant
  record Grant(String namespace, String provider, Instant periodStart) implements Account {
    public Grant {
      requireName("namespace", namespace);
      requireName("provider", provider);
    }
  }

  /// Measured cost less charges of one variant, absorbed by the namespace that owns it. Takes
  /// corrections only, no holds.
  ///
  /// @param variant `deployment/variant`
  record TrueUp(String namespace, String variant, Instant periodStart) implements Account {
    public TrueUp {
      requireName("namespace", namespace);
      requireName("variant", variant);
    }
  }

  /// The account as one word, for the ledger's rows; [#parse] reads it back.
  default String key() {
    return switch (this) {
      case Feature(String namespace, String feature, Instant start) ->
          word("feature", namespace, feature, start);
      case Abroad(String namespace, Instant start) -> word("abroad", namespace, "", start);
      case Grant(String namespace, String provider, Instant start) ->
          word("grant", namespace, provider, start);
      case TrueUp(String namespace, String variant, Instant start) ->
          word("true-up", namespace, variant, start);
    };
  }

  /// The account that a word stands for.
  static Account parse(String key) {
    String[] parts = key.split("/", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("not an account: " + key);
    }
    String namespace = URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
    String name = URLDecoder.decode(parts[2], StandardCharsets.UTF_8);
    Instant start = Instant.parse(parts[3]);
    return switch (parts[0]) {
      case "feature" -> new Feature(namespace, name, start);
      case "abroad" -> new Abroad(namespace, start);
      case "grant" -> new Grant(namespace, name, start);
      case "true-up" -> new TrueUp(namespace, name, start);
      case String kind -> throw new IllegalArgumentException("not a kind of account: " + kind);
    };
  }

  private static String word(String kind, String namespace, String name, Instant start) {
    return kind + "/" + encode(namespace) + "/" + encode(name) + "/" + start;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static void requireName(String field, String value) {
    if (value.isEmpty() || value.length() > 512) {
      throw new IllegalArgumentException(
          field + " of an account must have 1 to 512 characters, has " + value.length());
    }
  }
}
