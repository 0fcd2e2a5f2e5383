package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A pod's place on this machine: its address, its folder and volumes, its access to the API.
/// Used by the pod's worker only.
final class PodHome implements AutoCloseable {
  private static final String ACCOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

  private final Machinery machinery;
  private final NodeConfig node;
  private final Path folder;
  private final String podIp;
  private final boolean ownAddress;
  private final PodVolumes volumes;

  /// Takes an address; the folder is laid out by [#layOut].
  PodHome(Machinery machinery, NodeConfig node, Pod pod) throws IOException {
    this.machinery = machinery;
    this.node = node;
    this.folder = machinery.podFolder(pod.getMetadata().getUid());
    this.ownAddress = !Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
    this.podIp = ownAddress ? machinery.addresses().allocate() : Machinery.HOST_IP;
    this.volumes =
        new PodVolumes(
            folder.resolve("volumes"),
            machinery.sources(),
            machinery.volumePaths(),
            machinery.client(),
            machinery.clock());
  }

  /// What to run for a container, and where.
  record Launch(
      List<String> words, Map<String, String> environment, Path directory, Action.Place place) {}

  String podIp() {
    return podIp;
  }

  DownwardApi api(Pod pod) {
    return new DownwardApi(pod, podIp, Machinery.HOST_IP, node.capacity());
  }

  /// Lays out the volumes; may be called again after it failed.
  void layOut(Pod pod, Runnable changed) throws SetupException, IOException {
    Files.createDirectories(folder);
    volumes.close();
    volumes.layOut(api(pod), changed);
    writeKubeconfig(pod);
  }

  /// Brings volumes and the kubeconfig up to date.
  void refresh(Pod pod) throws SetupException, IOException {
    if (volumes.refresh(api(pod))) {
      writeKubeconfig(pod);
    }
  }

  Optional<Instant> refreshDue() {
    return volumes.refreshDue();
  }

  private Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  private void writeKubeconfig(Pod pod) throws SetupException, IOException {
    for (Container container : pod.getSpec().getContainers()) {
      VolumeMount mount = accountMount(container);
      if (mount != null) {
        Path place = volumes.mounts(container, Map.of()).get(mount.getMountPath());
        if (place != null && Files.exists(place.resolve("token"))) {
          machinery
              .access()
              .writeKubeconfig(
                  kubeconfig(),
                  pod.getMetadata().getNamespace(),
                  Files.readString(place.resolve("token")));
          return;
        }
      }
    }
  }

  private static @Nullable VolumeMount accountMount(Container container) {
    List<VolumeMount> mounts = container.getVolumeMounts();
    for (VolumeMount mount : mounts == null ? List.<VolumeMount>of() : mounts) {
      if (ACCOUNT_PATH.equals(mount.getMountPath())) {
        return mount;
      }
    }
    return null;
  }

  /// Puts together what a container runs: variables, then the pod's loopback address, then
  /// `$(NAME)`, then mount paths.
  Launch launch(Pod pod, Container container, ImageConfig image)
      throws SetupException, IOException {
    Map<String, String> base = new LinkedHashMap<>(machinery.inherited());
    base.put("HOSTNAME", pod.getMetadata().getName());
    base.putAll(machinery.access().variables());
    if (accountMount(container) != null && Files.exists(kubeconfig())) {
      base.put("KUBECONFIG", kubeconfig().toString());
    }
    base.putAll(image.environment());
    var loopback = new Loopback(podIp);
    Map<String, String> declared =
        new ContainerEnvironment(api(pod), machinery.sources(), loopback).of(container, base);
    var mounts = new MountPaths(volumes.mounts(container, declared));
    Images.Words words = Images.words(image, container);
    List<String> command = new ArrayList<>(words.ofImage());
    command.addAll(mounts.rewrite(Expansion.expand(loopback.rewrite(words.ofPod()), declared)));
    Map<String, String> environment = new LinkedHashMap<>();
    declared.forEach(
        (name, value) ->
            environment.put(name, value.equals(base.get(name)) ? value : mounts.rewrite(value)));
    Path directory = directory(container, image, mounts);
    return new Launch(
        command,
        environment,
        directory,
        new Action.Place(container, podIp, mounts, environment, directory));
  }

  private Path directory(Container container, ImageConfig image, MountPaths mounts)
      throws IOException {
    String declared = container.getWorkingDir();
    if (declared != null && !declared.isEmpty()) {
      Path local = Path.of(mounts.rewrite(declared));
      if (Files.isDirectory(local)) {
        return local;
      }
    }
    Path ofImage = image.workingDirectory();
    if (ofImage != null) {
      return ofImage;
    }
    return Files.createDirectories(folder.resolve("containers").resolve(container.getName()));
  }

  /// Gives the address back and removes the folder.
  @Override
  public void close() throws IOException {
    volumes.close();
    if (ownAddress) {
      machinery.addresses().release(podIp);
    }
    AtomicFolder.deleteTree(folder);
  }
}
