package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AtomicFolder.Content;
import dev.comptroller.e2e.nodeagent.DownwardApi.UnsupportedFieldException;
import dev.comptroller.e2e.nodeagent.Sources.Kind;
import dev.comptroller.e2e.nodeagent.Sources.SourceKey;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The volumes of one pod, laid out as folders on this machine. Used by one thread.
///
/// Volumes with content from the API (configMap, secret, projected, downwardAPI) are written again
/// by [#refresh] when their sources changed; a persistentVolumeClaim or hostPath is used in place.
final class PodVolumes implements AutoCloseable {
  private static final int READABLE = 0644;

  private final Path folder;
  private final Sources sources;
  private final VolumePaths paths;
  private final KubernetesClient client;
  private final PodTokens tokens;
  private final Map<String, Path> places = new HashMap<>();
  private final Map<Volume, AtomicFolder> written = new LinkedHashMap<>();
  private Sources.@Nullable Closing watch;

  PodVolumes(
      Path folder,
      Sources sources,
      VolumePaths paths,
      KubernetesClient client,
      InstantSource clock) {
    this.folder = folder;
    this.sources = sources;
    this.paths = paths;
    this.client = client;
    this.tokens = new PodTokens(client, clock);
  }

  /// Lays everything out; `changed` is called on another thread when a source changes.
  void layOut(DownwardApi api, Runnable changed) throws SetupException, IOException {
    Pod pod = api.pod();
    Set<SourceKey> keys = new HashSet<>();
    for (Volume volume : volumes(pod)) {
      keys.addAll(keys(pod, volume));
    }
    watch = sources.watch(keys, changed);
    for (Volume volume : volumes(pod)) {
      Path place = folder.resolve(volume.getName());
      if (isWritten(volume)) {
        Files.createDirectories(place);
        var target = new AtomicFolder(place);
        target.write(contents(api, volume));
        written.put(volume, target);
      } else if (volume.getEmptyDir() != null) {
        Files.createDirectories(place);
      } else {
        place = placed(pod, volume);
      }
      places.put(volume.getName(), place);
    }
  }

  /// Writes what changed; true if anything did.
  boolean refresh(DownwardApi api) throws SetupException, IOException {
    boolean changed = false;
    for (var entry : written.entrySet()) {
      changed |= entry.getValue().write(contents(api, entry.getKey()));
    }
    return changed;
  }

  /// When a token has to be renewed; absent if there is none.
  Optional<Instant> refreshDue() {
    return tokens.refreshDue();
  }

  /// The folders behind a container's mounts.
  Map<String, Path> mounts(Container container, Map<String, String> variables)
      throws SetupException, IOException {
    Map<String, Path> folders = new LinkedHashMap<>();
    List<VolumeMount> mounts = container.getVolumeMounts();
    for (VolumeMount mount : mounts == null ? List.<VolumeMount>of() : mounts) {
      Path place = places.get(mount.getName());
      if (place == null) {
        throw new SetupException("volume \"" + mount.getName() + "\" is mounted but not declared");
      }
      String sub = mount.getSubPath();
      if (mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty()) {
        sub = Expansion.expand(mount.getSubPathExpr(), variables);
      }
      if (sub != null && !sub.isEmpty()) {
        Path below = place.resolve(sub).normalize();
        if (!below.startsWith(place)) {
          throw new SetupException("subPath \"" + sub + "\" leaves volume " + mount.getName());
        }
        if (!Files.exists(below)) {
          Files.createDirectories(below);
        }
        place = below;
      }
      folders.put(mount.getMountPath(), place);
    }
    return folders;
  }

  static List<Volume> volumes(Pod pod) {
    List<Volume> volumes = pod.getSpec().getVolumes();
    return volumes == null ? List.of() : volumes;
  }

  private static boolean isWritten(Volume volume) {
    return volume.getConfigMap() != null
        || volume.getSecret() != null
        || volume.getProjected() != null
        || volume.getDownwardAPI() != null;
  }

  private static List<SourceKey> keys(Pod pod, Volume volume) {
    String namespace = pod.getMetadata().getNamespace();
    List<SourceKey> keys = new ArrayList<>();
    if (volume.getConfigMap() != null) {
      keys.add(new SourceKey(Kind.CONFIG_MAP, namespace, volume.getConfigMap().getName()));
    }
    if (volume.getSecret() != null) {
      keys.add(new SourceKey(Kind.SECRET, namespace, volume.getSecret().getSecretName()));
    }
    if (volume.getProjected() != null) {
      for (VolumeProjection source : volume.getProjected().getSources()) {
        if (source.getConfigMap() != null) {
          keys.add(new SourceKey(Kind.CONFIG_MAP, namespace, source.getConfigMap().getName()));
        }
        if (source.getSecret() != null) {
          keys.add(new SourceKey(Kind.SECRET, namespace, source.getSecret().getName()));
        }
      }
    }
    return keys;
  }

  private Map<String, Content> contents(DownwardApi api, Volume volume) throws SetupException {
    Map<String, Content> files = new TreeMap<>();
    String namespace = api.pod().getMetadata().getNamespace();
    if (volume.getConfigMap() != null) {
      var source = volume.getConfigMap();
      var key = new SourceKey(Kind.CONFIG_MAP, namespace, source.getName());
      copy(key, source.getItems(), source.getOptional(), mode(source.getDefaultMode()), files);
    } else if (volume.getSecret() != null) {
      var source = volume.getSecret();
      var key = new SourceKey(Kind.SECRET, namespace, source.getSecretName());
      copy(key, source.getItems(), source.getOptional(), mode(source.getDefaultMode()), files);
    } else if (volume.getDownwardAPI() != null) {
      var source = volume.getDownwardAPI();
      describe(api, source.getItems(), mode(source.getDefaultMode()), files);
    } else {
      int mode = mode(volume.getProjected().getDefaultMode());
      for (VolumeProjection source : volume.getProjected().getSources()) {
        project(api, volume, source, mode, files);
      }
    }
    return files;
  }

  private void project(
      DownwardApi api, Volume volume, VolumeProjection source, int mode, Map<String, Content> files)
      throws SetupException {
    String namespace = api.pod().getMetadata().getNamespace();
    if (source.getConfigMap() != null) {
      var from = source.getConfigMap();
      var key = new SourceKey(Kind.CONFIG_MAP, namespace, from.getName());
      copy(key, from.getItems(), from.getOptional(), mode, files);
    } else if (source.getSecret() != null) {
      var from = source.getSecret();
      var key = new SourceKey(Kind.SECRET, namespace, from.getName());
      copy(key, from.getItems(), from.getOptional(), mode, files);
    } else if (source.getDownwardAPI() != null) {
      describe(api, source.getDownwardAPI().getItems(), mode, files);
    } else if (source.getServiceAccountToken() != null) {
      var wanted = source.getServiceAccountToken();
      String token = tokens.token(api.pod(), wanted.getAudience(), wanted.getExpirationSeconds());
      files.put(wanted.getPath(), Content.of(token.getBytes(StandardCharsets.UTF_8), mode & 0600));
    } else {
      throw new SetupException(
          "volume \"%s\" projects a source that is not supported; supported are configMap, secret, downwardAPI, serviceAccountToken"
              .formatted(volume.getName()));
    }
  }

  private void copy(
      SourceKey key,
      @Nullable List<KeyToPath> items,
      @Nullable Boolean optional,
      int mode,
      Map<String, Content> files)
      throws SetupException {
    boolean may = Boolean.TRUE.equals(optional);
    Optional<Map<String, byte[]>> found = sources.contents(key);
    if (found.isEmpty()) {
      if (may) {
        return;
      }
      throw new SetupException(key + " not found");
    }
    if (items == null || items.isEmpty()) {
      found.get().forEach((name, bytes) -> files.put(name, Content.of(bytes, mode)));
      return;
    }
    for (KeyToPath item : items) {
      byte[] bytes = found.get().get(item.getKey());
      if (bytes != null) {
        int own = item.getMode() == null ? mode : item.getMode();
        files.put(item.getPath(), Content.of(bytes, own));
      } else if (!may) {
        throw new SetupException(key + " has no key \"" + item.getKey() + "\"");
      }
    }
  }

  private static void describe(
      DownwardApi api,
      @Nullable List<DownwardAPIVolumeFile> items,
      int mode,
      Map<String, Content> files)
      throws SetupException {
    for (var item : items == null ? List.<DownwardAPIVolumeFile>of() : items) {
      try {
        String text;
        if (item.getFieldRef() != null) {
          text = api.field(item.getFieldRef().getFieldPath());
        } else {
          String name = item.getResourceFieldRef().getContainerName();
          Container container =
              api.pod().getSpec().getContainers().stream()
                  .filter(c -> c.getName().equals(name))
                  .findFirst()
                  .orElseThrow(() -> new SetupException("there is no container " + name));
          text = api.resource(container, item.getResourceFieldRef());
        }
        int own = item.getMode() == null ? mode : item.getMode();
        files.put(item.getPath(), Content.of(text.getBytes(StandardCharsets.UTF_8), own));
      } catch (UnsupportedFieldException e) {
        throw new SetupException(item.getPath() + ": " + e.getMessage());
      }
    }
  }

  private static int mode(@Nullable Integer declared) {
    return declared == null ? READABLE : declared;
  }

  private Path placed(Pod pod, Volume volume) throws SetupException {
    String path;
    if (volume.getHostPath() != null) {
      path = volume.getHostPath().getPath();
    } else if (volume.getPersistentVolumeClaim() != null) {
      path = pathOfClaim(pod, volume.getPersistentVolumeClaim().getClaimName());
    } else if (volume.getEphemeral() != null) {
      path = pathOfClaim(pod, pod.getMetadata().getName() + "-" + volume.getName());
    } else {
      throw new SetupException(
          "volume \"%s\" is of a type that is not supported; supported are configMap, secret, emptyDir, projected, downwardAPI, hostPath, persistentVolumeClaim"
              .formatted(volume.getName()));
    }
    return paths
        .resolve(path)
        .orElseThrow(
            () ->
                new SetupException(
                    "volume \"%s\": %s is not on this machine; create it or add it to volumePaths of the agent's configuration"
                        .formatted(volume.getName(), path)));
  }

  private String pathOfClaim(Pod pod, String name) throws SetupException {
    String namespace = pod.getMetadata().getNamespace();
    var claim = client.persistentVolumeClaims().inNamespace(namespace).withName(name).get();
    if (claim == null) {
      throw new SetupException("persistentvolumeclaim \"" + name + "\" not found");
    }
    String bound = claim.getSpec().getVolumeName();
    if (bound == null || bound.isEmpty()) {
      throw new SetupException("persistentvolumeclaim \"" + name + "\" is not bound yet");
    }
    PersistentVolume volume = client.persistentVolumes().withName(bound).get();
    if (volume != null && volume.getSpec().getLocal() != null) {
      return volume.getSpec().getLocal().getPath();
    }
    if (volume != null && volume.getSpec().getHostPath() != null) {
      return volume.getSpec().getHostPath().getPath();
    }
    throw new SetupException(
        "persistentvolume \"" + bound + "\" has neither local nor hostPath, which are supported");
  }

  @Override
  public void close() {
    if (watch != null) {
      watch.close();
    }
  }
}
