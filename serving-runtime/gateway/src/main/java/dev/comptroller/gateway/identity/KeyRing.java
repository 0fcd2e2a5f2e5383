package dev.comptroller.gateway.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Credentials by what proves them. Immutable; a change makes a new ring.
///
/// A key is found by its id, which is no secret, and then compared by its hash in constant time.
public final class KeyRing {
  /// Nobody is known.
  public static final KeyRing EMPTY = new KeyRing(List.of());

  private record Held(CredentialEntry.Key key, CredentialEntry entry) {}

  private final Map<String, List<Held>> byId = new HashMap<>();
  private final Map<String, CredentialEntry> byAccount = new HashMap<>();

  /// A ring of some credentials.
  public KeyRing(List<CredentialEntry> entries) {
    for (CredentialEntry entry : entries) {
      for (CredentialEntry.Key key : entry.keys()) {
        byId.computeIfAbsent(key.id(), _ -> new ArrayList<>()).add(new Held(key, entry));
      }
      for (String account : entry.serviceAccounts()) {
        byAccount.putIfAbsent(entry.namespace() + "/" + account, entry);
      }
    }
  }

  /// What a key proves now; empty if nothing.
  public Optional<Credential> find(ApiKey key, Instant now) {
    byte[] hash = HexFormat.of().formatHex(key.hash()).getBytes(StandardCharsets.US_ASCII);
    Optional<Credential> found = Optional.empty();
    List<Held> candidates = byId.getOrDefault(key.id(), List.of());
    for (Held held : candidates) {
      if (MessageDigest.isEqual(held.key().hash().getBytes(StandardCharsets.US_ASCII), hash)
          && held.key().validAt(now)) {
        found = Optional.of(held.entry().credential(key.toString()));
      }
    }
    return found;
  }

  /// What a service account may do: what a credential of its namespace says that names it, else the
  /// feature `default`. The account's name and namespace come from the API server, and only who may
  /// write the installation's Secrets can name other features, so nobody can take them.
  public Credential ofAccount(String namespace, String account) {
    String id = "service account " + namespace + "/" + account;
    CredentialEntry entry = byAccount.get(namespace + "/" + account);
    return entry == null
        ? new Credential(
            id, namespace, List.of(Credential.DEFAULT_FEATURE), Credential.ANYBODY.classes())
        : entry.credential(id);
  }

  /// How many keys are on it.
  public int keys() {
    return byId.values().stream().mapToInt(List::size).sum();
  }
}
