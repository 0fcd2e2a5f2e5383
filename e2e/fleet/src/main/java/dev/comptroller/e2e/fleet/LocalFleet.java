package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.Leash;
import dev.comptroller.e2e.controlplane.Options;
import dev.comptroller.e2e.nodeagent.AgentConfig;
import dev.comptroller.e2e.nodeagent.NodeAgent;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/// A cluster on this machine in which Comptroller is installed and serves.
///
/// The control plane is real; the nodes declare what they are told to declare and run pods as local
/// processes; the chart is installed by the real Helm. Closing it, or the end of this JVM however
/// it comes, ends every process and removes every folder of it; the caches stay.
public final class LocalFleet implements AutoCloseable {
  private static final String SAMPLES_NAMESPACE = "demo";

  private final Repository repository;
  private final ModelCache models;
  private final ControlPlane controlPlane;
  private final NodeAgent agent;
  private final Installation installation;
  private final AuditLog audit;
  private final Deque<AutoCloseable> open;

  private LocalFleet(
      Repository repository,
      ModelCache models,
      ControlPlane controlPlane,
      NodeAgent agent,
      Installation installation,
      AuditLog audit,
      Deque<AutoCloseable> open) {
    this.repository = repository;
    this.models = models;
    this.controlPlane = controlPlane;
    this.agent = agent;
    this.installation = installation;
    this.audit = audit;
    this.open = open;
  }

  /// Starts all of it and returns when the operator and the gateway are ready.
  public static LocalFleet start(FleetOptions options, Progress progress) {
    Deque<AutoCloseable> open = new ArrayDeque<>();
    try {
      return start(options, progress, open);
    } catch (RuntimeException e) {
      closeAll(open);
      throw e;
    }
  }

  private static LocalFleet start(
      FleetOptions options, Progress progress, Deque<AutoCloseable> open) {
    Repository repository = Repository.here();
    Leash leash =
        Leash.inNewFolder(Path.of(System.getProperty("java.io.tmpdir")), "comptroller-fleet-");
    open.push(leash);
    AuditLog audit = AuditLog.in(leash.folder());
    Path natives;
    ModelCache models;
    ControlPlane plane;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<ControlPlane> starting =
          threads.submit(
              () ->
                  ControlPlane.start(
                      Options.everything().withApiServerFlags(audit.apiServerFlags())));
      try {
        natives = natives(repository);
        models = ModelCache.ensure(options.models(), repository, natives, progress);
      } finally {
        plane = joined(starting);
        open.push(plane);
      }
    }
    progress.say("control plane is ready at " + plane.server());
    Path pods = leash.folder().resolve("node-agent");
    AgentConfig config =
        AgentConfig.of(pods, options.nodes(), Images.of(repository, natives, options.images()))
            .withVolumePaths(
                Map.of(Volumes.PATH, models.folder(), Volumes.GATEWAY, gatewayFolder(leash)))
            .withRemoveNodesOnStop(false)
            .withNodeGroups();
    NodeAgent agent = startAgent(plane.kubeconfig("node-agent", "system:masters"), config);
    open.push(agent);
    Kubectl kubectl = new Kubectl(plane.kubectl(), plane.kubeconfig(), repository.root());
    kubectl.apply(Volumes.volume(SAMPLES_NAMESPACE));
    kubectl.apply(Volumes.gateway());
    progress.say(
        "%d nodes have joined; installing the chart with Helm".formatted(options.nodes().size()));
    Installation installation = new Installation(repository, plane.helm(), kubectl, leash.folder());
    installation.upgrade(options.values(), withDefaults(options.set()));
    progress.say("operator and gateway are ready");
    return new LocalFleet(repository, models, plane, agent, installation, audit, open);
  }

  private static Path gatewayFolder(Leash leash) {
    try {
      return Files.createDirectories(leash.folder().resolve("gateway-volume"));
    } catch (IOException e) {
      throw new FleetException("no folder for the gateway's volume", e);
    }
  }

  /// The fleet's own clients show no keys; who wants to try them sets `gateway.auth=required`.
  /// Pools may have nodes made by the node agent's groups.
  private static List<String> withDefaults(List<String> set) {
    return Stream.concat(
            Stream.of(
                "gateway.auth=none",
                "provisioning.scaleTargets[0].group=nodes.agent.local",
                "provisioning.scaleTargets[0].resource=nodegroups"),
            set.stream())
        .toList();
  }

  /// kubectl as a cluster administrator.
  public Kubectl kubectl() {
    return installation.kubectl();
  }

  /// A token of a service account of the installation, for the gateway.
  public String token(String account) {
    return kubectl()
        .run("create", "token", account, "-n", Installation.NAMESPACE, "--audience=comptroller")
        .strip();
  }

  /// Makes an API key with the command that users have, and gives it.
  ///
  /// @param namespace that pays
  /// @param features that it may name, the default first
  public String key(String namespace, List<String> features) {
    String answer =
        Command.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dio.netty.noUnsafe=true",
                "-cp",
                repository.gateway().toString(),
                "dev.comptroller.gateway.cluster.KeyCommand",
                "create",
                "--namespace=" + namespace,
                "--feature=" + String.join(",", features),
                "--kubeconfig=" + kubectl().kubeconfig())
            .answer();
    return answer.lines().findFirst().orElseThrow(() -> new FleetException("no key was shown"));
  }

  /// The gateway's OpenAI address, without `/v1`.
  public URI gateway() {
    return installation.gateway();
  }

  /// The chart's release in this cluster.
  public Installation installation() {
    return installation;
  }

  /// The control plane.
  public ControlPlane controlPlane() {
    return controlPlane;
  }

  /// The agent that runs the pods.
  public NodeAgent agent() {
    return agent;
  }

  /// The node agent's own bill: one line per pod that ended.
  public Path bill() {
    return agent.bill();
  }

  /// Makes a namespace whose claim `models` shows the models.
  public void createNamespace(String name) {
    kubectl().apply(Volumes.volume(name));
    kubectl().apply(Volumes.namespaceWithClaim(name));
  }

  /// What the API server was asked to write, and by whom.
  public AuditLog audit() {
    return audit;
  }

  /// The models that pods find.
  public ModelCache models() {
    return models;
  }

  /// The repository that all of it was built from.
  public Repository repository() {
    return repository;
  }

  @Override
  public void close() {
    closeAll(open);
  }

  private static Path natives(Repository repository) {
    String configured = System.getenv("COMPTROLLER_NATIVES");
    if (configured != null && !configured.isEmpty()) {
      Path folder = Path.of(configured);
      if (!Files.isDirectory(folder)) {
        throw new FleetException("COMPTROLLER_NATIVES names no folder: " + folder);
      }
      return folder;
    }
    Path script = repository.script("serving-runtime/engine-llama/natives/fetch");
    return Path.of(Command.of(script.toString()).answer());
  }

  private static NodeAgent startAgent(Path kubeconfig, AgentConfig config) {
    try {
      return NodeAgent.start(kubeconfig, config);
    } catch (IOException e) {
      throw new FleetException("the node agent did not start: " + e.getMessage(), e);
    }
  }

  private static ControlPlane joined(Future<ControlPlane> starting) {
    try {
      return starting.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new FleetException(String.valueOf(cause.getMessage()), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetException("interrupted while the control plane starts", e);
    }
  }

  /// Closes everything, last opened first, once.
  private static void closeAll(Deque<AutoCloseable> open) {
    synchronized (open) {
      while (!open.isEmpty()) {
        try {
          open.pop().close();
        } catch (Exception e) {
          System.err.println("while taking the fleet down: " + e.getMessage());
        }
      }
    }
  }
}
