package dev.comptroller.e2e.nodeagent;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an agent is to do: its nodes, the commands behind images, where volumes lie, and its pace.
/// @param folder where pods, logs and the bill are kept
/// @param nodes registered at the start; more can be added while the agent runs
/// @param images what an image name runs
/// @param volumePaths path of a PersistentVolume or hostPath (or a prefix of it) to a local folder
/// @param podAddresses the loopback network that pods get their addresses from
/// @param hostEnvironment names of variables that pods inherit from the agent
/// @param timing back-off, heartbeat and the like
/// @param removeNodesOnStop whether a clean stop ends the pods and deletes the nodes
/// @param nodeGroups whether objects of the kind NodeGroup make and remove nodes
public record AgentConfig(
    Path folder,
    List<NodeConfig> nodes,
    List<ImageConfig> images,
    Map<String, Path> volumePaths,
    String podAddresses,
    List<String> hostEnvironment,
    Timing timing,
    boolean removeNodesOnStop,
    boolean nodeGroups) {

  /// The network that pods get addresses from unless the configuration says otherwise.
  public static final String DEFAULT_POD_ADDRESSES = "127.64.0.0/16";

  /// Variables that may be inherited; everything else a pod sees is named in its spec or its image.
  public static final List<String> INHERITABLE = List.of("PATH", "HOME", "LANG");

  /// Copies the collections.
  public AgentConfig {
    nodes = List.copyOf(nodes);
    images = List.copyOf(images);
    volumePaths = Map.copyOf(volumePaths);
    hostEnvironment = List.copyOf(hostEnvironment);
    for (String name : hostEnvironment) {
      if (!INHERITABLE.contains(name)) {
        throw new IllegalArgumentException(
            "hostEnvironment: \"%s\" cannot be inherited; allowed are %s (set others in an image's environment)"
                .formatted(name, INHERITABLE));
      }
    }
  }

  /// A configuration with defaults for everything but the folder, nodes and images.
  public static AgentConfig of(Path folder, List<NodeConfig> nodes, List<ImageConfig> images) {
    return new AgentConfig(
        folder,
        nodes,
        images,
        Map.of(),
        DEFAULT_POD_ADDRESSES,
        INHERITABLE,
        Timing.defaults(),
        true,
        false);
  }

  /// The same with other volume paths.
  public AgentConfig withVolumePaths(Map<String, Path> paths) {
    return new AgentConfig(
        folder,
        nodes,
        images,
        paths,
        podAddresses,
        hostEnvironment,
        timing,
        removeNodesOnStop,
        nodeGroups);
  }

  /// The same at another pace.
  public AgentConfig withTiming(Timing other) {
    return new AgentConfig(
        folder,
        nodes,
        images,
        volumePaths,
        podAddresses,
        hostEnvironment,
        other,
        removeNodesOnStop,
        nodeGroups);
  }

  /// The same, with or without an end of pods and nodes at a clean stop.
  public AgentConfig withRemoveNodesOnStop(boolean remove) {
    return new AgentConfig(
        folder,
        nodes,
        images,
        volumePaths,
        podAddresses,
        hostEnvironment,
        timing,
        remove,
        nodeGroups);
  }

  /// The same, with nodes that objects of the kind NodeGroup make and remove.
  public AgentConfig withNodeGroups() {
    return new AgentConfig(
        folder,
        nodes,
        images,
        volumePaths,
        podAddresses,
        hostEnvironment,
        timing,
        removeNodesOnStop,
        true);
  }

  /// A node to register.
  /// @param name of the Node object
  /// @param labels besides `kubernetes.io/hostname`, `/os` and `/arch`, which are added
  /// @param capacity quantities by resource, as in Kubernetes; also what is allocatable
  public record NodeConfig(String name, Map<String, String> labels, Map<String, String> capacity) {
    /// Fills in cpu, memory and pods where they are absent.
    public NodeConfig {
      labels = Map.copyOf(labels);
      var all = new java.util.TreeMap<>(Map.of("cpu", "32", "memory", "128Gi", "pods", "110"));
      all.putAll(capacity);
      capacity = java.util.Collections.unmodifiableMap(all);
    }

    /// A node with `gpus` GPUs and ample cpu and memory.
    public static NodeConfig withGpus(String name, Map<String, String> labels, int gpus) {
      return new NodeConfig(name, labels, Map.of(Gpus.RESOURCE, Integer.toString(gpus)));
    }
  }

  /// What an image runs on this machine.
  /// @param repository name without tag; without a registry it matches on every registry
  /// @param entryPoint the image's entry point: program and first arguments
  /// @param arguments what follows the entry point when the container has no `args`
  /// @param environment the image's own variables
  /// @param shell whether a container's `command` replaces the entry point, as in Kubernetes;
  ///     otherwise `command` is ignored, because it names a path inside an image that is not here
  /// @param workingDirectory where it runs, or null: a folder of the container
  public record ImageConfig(
      String repository,
      List<String> entryPoint,
      List<String> arguments,
      Map<String, String> environment,
      boolean shell,
      @Nullable Path workingDirectory) {
    /// Copies the collections.
    public ImageConfig {
      entryPoint = List.copyOf(entryPoint);
      arguments = List.copyOf(arguments);
      environment = Map.copyOf(environment);
    }

    /// An image that runs `entryPoint` followed by the container's `args`.
    public static ImageConfig program(
        String repository, List<String> entryPoint, Map<String, String> environment) {
      return new ImageConfig(repository, entryPoint, List.of(), environment, false, null);
    }

    /// An image with this machine's programs, in which `command` and `args` mean what they say.
    public static ImageConfig shell(String repository) {
      return new ImageConfig(repository, List.of("/bin/sh"), List.of(), Map.of(), true, null);
    }
  }

  /// The agent's pace; tests shorten it.
  /// @param backOffBase first delay before a container is restarted
  /// @param backOffLimit longest delay
  /// @param backOffReset a container that ran this long starts over at the base
  /// @param leaseRenewal how often a node's Lease is renewed
  /// @param probeWhileStarting longest time between probes before the first one succeeded
  /// @param stopGrace longest grace of pods when the agent stops or a node is removed
  /// @param logLimit bytes of log kept for each container
  public record Timing(
      Duration backOffBase,
      Duration backOffLimit,
      Duration backOffReset,
      Duration leaseRenewal,
      Duration probeWhileStarting,
      Duration stopGrace,
      long logLimit) {
    /// What Kubernetes does.
    public static Timing defaults() {
      return new Timing(
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofSeconds(10),
          Duration.ofMillis(250),
          Duration.ofSeconds(10),
          10L << 20);
    }

    /// The same with another first delay of the back-off.
    public Timing withBackOffBase(Duration base) {
      return new Timing(
          base, backOffLimit, backOffReset, leaseRenewal, probeWhileStarting, stopGrace, logLimit);
    }
  }
}
