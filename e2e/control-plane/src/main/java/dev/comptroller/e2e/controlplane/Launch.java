package dev.comptroller.e2e.controlplane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Brings a control plane up, in this order:
///
/// 1. find the binaries, make the folder, keys and certificates;
/// 2. etcd on UNIX sockets in the folder, so that it needs no port and nobody else can reach it;
/// 3. the API server on a free port; when somebody took the port meanwhile, again on another;
/// 4. the controller manager and the scheduler, which serve nothing, so need no port either;
/// 5. wait until the API server is ready and, with controllers, until
///    namespaces get their accounts.
final class Launch {
  private static final int PORT_ATTEMPTS = 5;
  private static final int LINES_SHOWN = 15;
  private static final String LOOPBACK = "127.0.0.1";
  private static final String SERVICE_ACCOUNTS_READY =
      "/api/v1/namespaces/default/serviceaccounts/default";

  private final Options options;
  private final Binaries binaries;
  private final Instant deadline;
  private final CertificateAuthority authority =
      new CertificateAuthority("comptroller-local", Instant.now());
  private final List<Leash.Child> children = new ArrayList<>();

  Launch(Options options) {
    this.options = options;
    this.binaries =
        options.bin().map(Binaries::new).orElseGet(() -> Binaries.pinned(options.full()));
    this.deadline = Instant.now().plus(options.startTimeout());
  }

  ControlPlane start() {
    List<String> needed =
        options.full()
            ? List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
            : List.of("etcd", "kube-apiserver");
    needed.forEach(binaries::path);
    Path parent =
        options.parentFolder().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
    Leash leash = Leash.inNewFolder(parent, "comptroller-control-plane-");
    try {
      return start(leash);
    } catch (RuntimeException e) {
      leash.close();
      throw e;
    }
  }

  private ControlPlane start(Leash leash) {
    Path folder = leash.folder();
    startEtcd(leash);
    Identity admin = authority.user("comptroller-admin", List.of("system:masters"));
    writeKeys(folder);
    String server = startApiServer(leash, admin);
    Path kubeconfig = writeKubeconfig(folder, "admin", server, admin);
    if (options.full()) {
      startControllers(leash, server);
      try (AdminApi api = new AdminApi(server, authority.self(), admin)) {
        await(api, SERVICE_ACCOUNTS_READY, "a service account in the namespace default");
      }
    }
    return new ControlPlane(
        binaries, leash, authority, server, folder.resolve("ca.crt"), kubeconfig, children);
  }

  private void startEtcd(Leash leash) {
    children.add(
        leash.start(
            "etcd",
            List.of(
                binaries.path("etcd").toString(),
                "--data-dir=etcd-data",
                "--unsafe-no-fsync",
                "--log-level=warn",
                "--listen-client-urls=unix://etcd.client:0",
                "--listen-peer-urls=unix://etcd.peer:0",
                // Neither is listened on; etcd only wants a word for each.
                "--advertise-client-urls=http://127.0.0.1:1",
                "--initial-advertise-peer-urls=http://127.0.0.1:1",
                "--initial-cluster=default=http://127.0.0.1:1"),
            Map.of()));
    Path socket = leash.folder().resolve("etcd.client:0");
    awaitAlive(() -> Files.exists(socket), "etcd's socket " + socket);
  }

  private void writeKeys(Path folder) {
    write(folder, "ca.crt", authority.self().certificatePem());
    write(folder, "ca.key", authority.self().keyPem());
    writeIdentity(
        folder,
        "apiserver",
        authority.server(
            "kube-apiserver",
            List.of("localhost", "kubernetes", "kubernetes.default.svc"),
            List.of(LOOPBACK, "10.0.0.1")));
    writeIdentity(
        folder,
        "kubelet-client",
        authority.component("kube-apiserver-kubelet-client", List.of("system:masters")));
    KeyPair accounts = authority.newEllipticKey();
    write(
        folder,
        "service-accounts.key",
        Identity.pem("PRIVATE KEY", accounts.getPrivate().getEncoded()));
    write(
        folder,
        "service-accounts.pub",
        Identity.pem("PUBLIC KEY", accounts.getPublic().getEncoded()));
  }

  private String startApiServer(Leash leash, Identity admin) {
    for (int attempt = 1; ; attempt++) {
      int port = freePort();
      String server = "https://" + LOOPBACK + ":" + port;
      Leash.Child child = leash.start("kube-apiserver", apiServerCommand(port), Map.of());
      children.add(child);
      try (AdminApi api = new AdminApi(server, authority.self(), admin)) {
        await(api, "/readyz", server + "/readyz");
        return server;
      } catch (ControlPlaneException e) {
        boolean portTaken = child.lastLines(LINES_SHOWN).contains("address already in use");
        if (!portTaken || attempt == PORT_ATTEMPTS) {
          throw e;
        }
        child.stop(0);
        children.remove(child);
      }
    }
  }

  private List<String> apiServerCommand(int port) {
    List<String> command =
        new ArrayList<>(
            List.of(
                binaries.path("kube-apiserver").toString(),
                "--etcd-servers=unix://etcd.client:0",
                "--bind-address=" + LOOPBACK,
                "--advertise-address=" + LOOPBACK,
                "--secure-port=" + port,
                // A loopback address in the Endpoints of `kubernetes` would be refused for ever.
                "--endpoint-reconciler-type=none",
                "--tls-cert-file=apiserver.crt",
                "--tls-private-key-file=apiserver.key",
                "--client-ca-file=ca.crt",
                "--authorization-mode=Node,RBAC",
                "--allow-privileged=true",
                "--service-cluster-ip-range=10.0.0.0/16",
                "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
                "--service-account-signing-key-file=service-accounts.key",
                "--service-account-key-file=service-accounts.pub",
                "--kubelet-preferred-address-types=InternalIP",
                "--kubelet-client-certificate=kubelet-client.crt",
                "--kubelet-client-key=kubelet-client.key",
                "--profiling=false"));
    if (options.nodeRestriction()) {
      command.add("--enable-admission-plugins=NodeRestriction");
    }
    command.addAll(options.apiServerFlags());
    return command;
  }

  private void startControllers(Leash leash, String server) {
    Identity manager = authority.component("system:kube-controller-manager", List.of());
    Path managerConfig = writeKubeconfig(leash.folder(), "controller-manager", server, manager);
    children.add(
        leash.start(
            "kube-controller-manager",
            List.of(
                binaries.path("kube-controller-manager").toString(),
                "--kubeconfig=" + managerConfig,
                // Endpoints of pods with loopback addresses are refused: they would retry on.
                "--controllers=*,-endpoints-controller,-endpointslice-controller"
                    + ",-endpointslice-mirroring-controller",
                "--secure-port=0",
                "--leader-elect=false",
                "--use-service-account-credentials=true",
                "--service-account-private-key-file=service-accounts.key",
                "--root-ca-file=ca.crt",
                "--cluster-signing-cert-file=ca.crt",
                "--cluster-signing-key-file=ca.key",
                "--kube-api-qps=200",
                "--kube-api-burst=400",
                "--profiling=false"),
            Map.of()));
    Identity scheduler = authority.component("system:kube-scheduler", List.of());
    Path schedulerConfig = writeKubeconfig(leash.folder(), "scheduler", server, scheduler);
    children.add(
        leash.start(
            "kube-scheduler",
            List.of(
                binaries.path("kube-scheduler").toString(),
                "--kubeconfig=" + schedulerConfig,
                "--secure-port=0",
                "--leader-elect=false",
                "--kube-api-qps=200",
                "--kube-api-burst=400",
                "--profiling=false"),
            Map.of()));
  }

  private void await(AdminApi api, String path, String what) {
    awaitAlive(() -> api.answers(path), what);
  }

  /// Polls until the condition holds; the death of a part or the deadline ends the start.
  private void awaitAlive(Condition condition, String what) {
    try {
      while (!condition.holds()) {
        for (Leash.Child child : children) {
          if (!child.process().isAlive()) {
            throw failure(child, "ended with status %d".formatted(child.process().exitValue()));
          }
        }
        if (Instant.now().isAfter(deadline)) {
          throw failure(
              children.getLast(),
              "is not ready after %d s: still waiting for %s; give it longer with startTimeout"
                  .formatted(options.startTimeout().toSeconds(), what));
        }
        Thread.sleep(Duration.ofMillis(50));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while waiting for " + what, e);
    }
  }

  private ControlPlaneException failure(Leash.Child child, String problem) {
    return new ControlPlaneException(
        "%s (%s) %s; its last lines were:\n%s"
            .formatted(
                child.name(),
                binaries.folder().resolve(child.name()),
                problem,
                child.lastLines(LINES_SHOWN).indent(2)));
  }

  private Path writeKubeconfig(Path folder, String name, String server, Identity identity) {
    return write(
        folder,
        name + ".kubeconfig",
        Kubeconfig.of(server, authority.self().certificatePem(), name, identity));
  }

  private static void writeIdentity(Path folder, String name, Identity identity) {
    write(folder, name + ".crt", identity.certificatePem());
    write(folder, name + ".key", identity.keyPem());
  }

  static Path writeNew(Path folder, String name, String suffix, String content) {
    try {
      String safe = name.replaceAll("[^A-Za-z0-9.-]", "-");
      return Files.writeString(Files.createTempFile(folder, safe + "-", suffix), content);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot write a file in " + folder, e);
    }
  }

  private static Path write(Path folder, String name, String content) {
    Path file = folder.resolve(name);
    try {
      Files.deleteIfExists(file);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return Files.writeString(file, content);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot write " + file, e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new ControlPlaneException("no free port on " + LOOPBACK, e);
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws InterruptedException;
  }
}
