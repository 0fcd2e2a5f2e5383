package dev.comptroller.gateway.identity;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One credential at rest, as fields of text: the data of a Secret, or an object of a file.
///
/// | field | |
/// |---|---|
/// | `namespace` | that pays |
/// | `features` | comma list; the first one is meant when a request names none; default `default` |
/// | `classes` | comma list of `interactive`, `flex`, `batch`; default all |
/// | `keys` | one `keyId:sha256hex[:notAfter]` a line; more than one while keys are rotated |
/// | `serviceAccounts` | comma list of accounts of `namespace` that have these features too |
///
/// @param source where it came from
/// @param keys by which it is proved
/// @param serviceAccounts of its namespace by which it is proved
public record CredentialEntry(
    String source,
    String namespace,
    List<String> features,
    Set<TrafficClass> classes,
    List<Key> keys,
    List<String> serviceAccounts) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
  private static final Pattern FEATURE = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,62})");

  public CredentialEntry {
    features = List.copyOf(features);
    classes = Set.copyOf(classes);
    keys = List.copyOf(keys);
    serviceAccounts = List.copyOf(serviceAccounts);
  }

  /// What is kept of one key.
  ///
  /// @param id that finds it
  /// @param hash hexadecimal SHA-256 of the whole key
  /// @param notAfter past this instant it proves nothing; absent if it does not end
  public record Key(String id, String hash, @Nullable Instant notAfter) {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}");
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    /// Reads a line.
    static Key parse(String line, String at) throws Bad {
      String[] parts = line.split(":", 3);
      if (parts.length < 2 || !ID.matcher(parts[0]).matches()) {
        throw new Bad(at + " must be keyId:sha256hex[:notAfter] with a key id of 8 hex digits");
      }
      if (!HASH.matcher(parts[1]).matches()) {
        throw new Bad(
            "%s: the hash of key %s must be 64 lower-case hex digits".formatted(at, parts[0]));
      }
      try {
        return new Key(parts[0], parts[1], parts.length < 3 ? null : Instant.parse(parts[2]));
      } catch (DateTimeParseException _) {
        throw new Bad(
            "%s: notAfter of key %s must be an instant such as 2026-01-31T00:00:00Z"
                .formatted(at, parts[0]));
      }
    }

    /// What a key at rest looks like.
    public static Key of(ApiKey key) {
      return new Key(key.id(), HexFormat.of().formatHex(key.hash()), null);
    }

    /// The same key with another end.
    public Key until(@Nullable Instant end) {
      return new Key(id, hash, end);
    }

    /// Whether it proves something at an instant.
    public boolean validAt(Instant now) {
      return notAfter == null || now.isBefore(notAfter);
    }

    /// The line that [#parse] reads.
    public String line() {
      return notAfter == null ? id + ":" + hash : id + ":" + hash + ":" + notAfter;
    }
  }

  /// A credential that cannot be used; the message names the field and never shows a value of
  /// `keys`, because somebody may have put a key there.
  public static final class Bad extends Exception {
    private static final long serialVersionUID = 1L;

    /// Refuses a credential.
    public Bad(String message) {
      super(message);
    }
  }

  /// Reads the fields of one credential.
  public static CredentialEntry read(String source, Map<String, String> fields) throws Bad {
    String namespace = fields.getOrDefault("namespace", "").strip();
    if (!NAME.matcher(namespace).matches()) {
      throw new Bad(
          "%s: namespace must be the name of a namespace, is \"%s\"".formatted(source, namespace));
    }
    List<String> features =
        names(source, "features", fields.getOrDefault("features", "default"), FEATURE);
    if (features.isEmpty()) {
      throw new Bad(source + ": features must name at least one feature");
    }
    List<Key> keys = keys(source, fields.getOrDefault("keys", ""));
    List<String> accounts =
        names(source, "serviceAccounts", fields.getOrDefault("serviceAccounts", ""), NAME);
    return new CredentialEntry(
        source,
        namespace,
        features,
        classes(source, fields.getOrDefault("classes", TrafficClass.words())),
        keys,
        accounts);
  }

  /// What a client that proves it may do.
  Credential credential(String id) {
    return new Credential(id, namespace, features, classes);
  }

  private static List<Key> keys(String source, String lines) throws Bad {
    List<Key> keys = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    int n = 0;
    for (String line : lines.lines().toList()) {
      n++;
      if (!line.isBlank()) {
        Key key = Key.parse(line.strip(), "%s: line %d of keys".formatted(source, n));
        if (!ids.add(key.id())) {
          throw new Bad("%s: key %s is there twice".formatted(source, key.id()));
        }
        keys.add(key);
      }
    }
    return keys;
  }

  private static Set<TrafficClass> classes(String source, String list) throws Bad {
    Set<TrafficClass> classes = EnumSet.noneOf(TrafficClass.class);
    for (String word : split(list)) {
      classes.add(
          TrafficClass.of(word)
              .orElseThrow(
                  () ->
                      new Bad(
                          "%s: classes must be some of %s, is \"%s\""
                              .formatted(source, TrafficClass.words(), word))));
    }
    if (classes.isEmpty()) {
      throw new Bad(
          "%s: classes must name at least one of %s".formatted(source, TrafficClass.words()));
    }
    return classes;
  }

  private static List<String> names(String source, String field, String list, Pattern shape)
      throws Bad {
    List<String> names = split(list);
    for (String name : names) {
      if (!shape.matcher(name).matches()) {
        throw new Bad(
            "%s: %s must be a comma list of names, has \"%s\"".formatted(source, field, name));
      }
    }
    return names.stream().distinct().toList();
  }

  private static List<String> split(String list) {
    return Arrays.stream(list.split(",", -1))
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }
}
