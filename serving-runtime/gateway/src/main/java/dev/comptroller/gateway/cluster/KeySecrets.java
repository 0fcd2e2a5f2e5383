package dev.comptroller.gateway.cluster;

import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The credential Secrets of an installation, for those who make and end keys.
///
/// A Secret is replaced only in the version that was read, so two rotations at once do not undo
/// each other.
public final class KeySecrets implements AutoCloseable {
  private static final String PREFIX = "comptroller-key-";

  private final KubernetesClient client;
  private final String installation;
  private final SecureRandom random;

  /// The Secrets of a namespace; closes the client with itself.
  public KeySecrets(KubernetesClient client, String installation, SecureRandom random) {
    this.client = client;
    this.installation = installation;
    this.random = random;
  }

  /// Makes a credential with one key.
  ApiKey create(String name, String namespace, String features, String classes)
      throws CredentialEntry.Bad {
    ApiKey key = ApiKey.random(random);
    Map<String, String> fields = new TreeMap<>();
    fields.put("namespace", namespace);
    fields.put("features", features);
    fields.put("classes", classes);
    fields.put("keys", CredentialEntry.Key.of(key).line());
    var _ = CredentialEntry.read("--name " + name, fields);
    if (get(name) != null) {
      throw new CredentialEntry.Bad(
          "credential %s exists: rotate it, revoke it, or choose another --name".formatted(name));
    }
    Secret secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName(PREFIX + name)
            .withNamespace(installation)
            .withLabels(
                Map.of(
                    Names.CREDENTIAL_LABEL,
                    Names.API_KEY_CREDENTIAL,
                    "app.kubernetes.io/part-of",
                    "comptroller"))
            .endMetadata()
            .withType("Opaque")
            .withStringData(fields)
            .build();
    client.resource(secret).create();
    return key;
  }

  /// Adds a key; the others end at an instant, if they do not end before.
  ApiKey rotate(String name, Instant oldEnd) throws CredentialEntry.Bad {
    ApiKey key = ApiKey.random(random);
    change(
        name,
        keys -> {
          List<CredentialEntry.Key> next = new ArrayList<>();
          for (CredentialEntry.Key old : keys) {
            next.add(old.validAt(oldEnd) ? old.until(oldEnd) : old);
          }
          next.add(CredentialEntry.Key.of(key));
          return next;
        });
    return key;
  }

  /// Ends a credential, or one key of it; how many keys ended.
  int revoke(String name, @Nullable String id) throws CredentialEntry.Bad {
    int before = entry(name, secret(name)).keys().size();
    if (id == null) {
      client.secrets().inNamespace(installation).withName(PREFIX + name).delete();
      return before;
    }
    int after = change(name, keys -> keys.stream().filter(key -> !key.id().equals(id)).toList());
    if (after == before) {
      throw new CredentialEntry.Bad("credential %s has no key %s".formatted(name, id));
    }
    return before - after;
  }

  /// One line for each credential.
  List<String> list() {
    return client
        .secrets()
        .inNamespace(installation)
        .withLabel(Names.CREDENTIAL_LABEL, Names.API_KEY_CREDENTIAL)
        .list()
        .getItems()
        .stream()
        .map(KeySecrets::row)
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    client.close();
  }

  private static String row(Secret secret) {
    String full = secret.getMetadata().getName();
    String name = full.startsWith(PREFIX) ? full.substring(PREFIX.length()) : full;
    try {
      CredentialEntry entry = CredentialEntry.read(name, CredentialSecrets.fields(secret));
      String keys =
          entry.keys().stream()
              .map(key -> key.notAfter() == null ? key.id() : key.id() + " until " + key.notAfter())
              .collect(Collectors.joining(", "));
      String classes =
          entry.classes().stream()
              .sorted()
              .map(TrafficClass::word)
              .collect(Collectors.joining(","));
      return "%-24s %-20s %-24s %-24s %s"
          .formatted(name, entry.namespace(), String.join(",", entry.features()), classes, keys);
    } catch (CredentialEntry.Bad e) {
      return "%-24s unusable: %s".formatted(name, e.getMessage());
    }
  }

  private int change(String name, UnaryOperator<List<CredentialEntry.Key>> change)
      throws CredentialEntry.Bad {
    Secret secret = secret(name);
    List<CredentialEntry.Key> next = change.apply(entry(name, secret).keys());
    Secret changed =
        new SecretBuilder(secret)
            .addToStringData(
                "keys",
                next.stream().map(CredentialEntry.Key::line).collect(Collectors.joining("\n")))
            .build();
    client
        .resource(changed)
        .lockResourceVersion(secret.getMetadata().getResourceVersion())
        .update();
    return next.size();
  }

  private static CredentialEntry entry(String name, Secret secret) throws CredentialEntry.Bad {
    return CredentialEntry.read("credential " + name, CredentialSecrets.fields(secret));
  }

  private Secret secret(String name) throws CredentialEntry.Bad {
    Secret secret = get(name);
    if (secret == null) {
      throw new CredentialEntry.Bad(
          "there is no credential %s in namespace %s: see ./comptroller key list"
              .formatted(name, installation));
    }
    return secret;
  }

  private @Nullable Secret get(String name) {
    return client.secrets().inNamespace(installation).withName(PREFIX + name).get();
  }
}
