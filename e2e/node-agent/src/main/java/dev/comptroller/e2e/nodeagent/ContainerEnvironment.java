package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.DownwardApi.UnsupportedFieldException;
import dev.comptroller.e2e.nodeagent.Sources.Kind;
import dev.comptroller.e2e.nodeagent.Sources.SourceKey;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The variables that a container's spec declares, with their values as they are now on this
/// machine.
final class ContainerEnvironment {
  private final DownwardApi api;
  private final Sources sources;
  private final Loopback loopback;

  ContainerEnvironment(DownwardApi api, Sources sources, Loopback loopback) {
    this.api = api;
    this.sources = sources;
    this.loopback = loopback;
  }

  /// Adds `envFrom` and `env` to `base`; later ones win, and see those before them as `$(NAME)`.
  Map<String, String> of(Container container, Map<String, String> base) throws SetupException {
    Map<String, String> all = new LinkedHashMap<>(base);
    List<EnvFromSource> from = container.getEnvFrom();
    for (EnvFromSource source : from == null ? List.<EnvFromSource>of() : from) {
      addAll(source, all);
    }
    List<EnvVar> variables = container.getEnv();
    for (EnvVar variable : variables == null ? List.<EnvVar>of() : variables) {
      if (variable.getValueFrom() == null) {
        String value = variable.getValue() == null ? "" : variable.getValue();
        all.put(variable.getName(), Expansion.expand(loopback.rewrite(value), all));
      } else {
        String value = value(container, variable.getValueFrom());
        if (value != null) {
          all.put(variable.getName(), value);
        }
      }
    }
    return all;
  }

  private void addAll(EnvFromSource source, Map<String, String> all) throws SetupException {
    SourceKey key;
    boolean optional;
    if (source.getConfigMapRef() != null) {
      key = key(Kind.CONFIG_MAP, source.getConfigMapRef().getName());
      optional = Boolean.TRUE.equals(source.getConfigMapRef().getOptional());
    } else if (source.getSecretRef() != null) {
      key = key(Kind.SECRET, source.getSecretRef().getName());
      optional = Boolean.TRUE.equals(source.getSecretRef().getOptional());
    } else {
      throw new SetupException("envFrom names neither a configMapRef nor a secretRef");
    }
    Optional<Map<String, byte[]>> found = sources.fetch(key);
    if (found.isEmpty() && !optional) {
      throw new SetupException(key + " not found");
    }
    String prefix = source.getPrefix() == null ? "" : source.getPrefix();
    found
        .orElse(Map.of())
        .forEach(
            (name, value) -> all.put(prefix + name, new String(value, StandardCharsets.UTF_8)));
  }

  private @Nullable String value(Container container, EnvVarSource source) throws SetupException {
    try {
      if (source.getFieldRef() != null) {
        return api.field(source.getFieldRef().getFieldPath());
      }
      if (source.getResourceFieldRef() != null) {
        return api.resource(container, source.getResourceFieldRef());
      }
    } catch (UnsupportedFieldException e) {
      throw new SetupException(e.getMessage() == null ? "unsupported field" : e.getMessage());
    }
    if (source.getConfigMapKeyRef() != null) {
      var ref = source.getConfigMapKeyRef();
      return entry(key(Kind.CONFIG_MAP, ref.getName()), ref.getKey(), ref.getOptional());
    }
    if (source.getSecretKeyRef() != null) {
      var ref = source.getSecretKeyRef();
      return entry(key(Kind.SECRET, ref.getName()), ref.getKey(), ref.getOptional());
    }
    throw new SetupException(
        "a variable's valueFrom is not supported; supported are fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef");
  }

  private @Nullable String entry(SourceKey key, String name, @Nullable Boolean optional)
      throws SetupException {
    Optional<Map<String, byte[]>> found = sources.fetch(key);
    byte[] value = found.map(files -> files.get(name)).orElse(null);
    if (value != null) {
      return new String(value, StandardCharsets.UTF_8);
    }
    if (Boolean.TRUE.equals(optional)) {
      return null;
    }
    throw new SetupException(
        found.isEmpty() ? key + " not found" : key + " has no key \"" + name + "\"");
  }

  private SourceKey key(Kind kind, String name) {
    return new SourceKey(kind, api.pod().getMetadata().getNamespace(), name);
  }
}
