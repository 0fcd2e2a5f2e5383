package dev.comptroller.e2e.controlplane;

import java.nio.file.Path;
import java.util.List;

/// A running control plane of its own, on loopback, with its own certificates and data.
///
/// Closing it - or the end of this JVM or of the machine's patience with it, even by `kill -9` -
/// ends its processes and removes its folder.
public final class ControlPlane implements AutoCloseable {
  private final Binaries binaries;
  private final Leash leash;
  private final CertificateAuthority authority;
  private final String server;
  private final Path caFile;
  private final Path kubeconfig;
  private final List<Leash.Child> children;

  ControlPlane(
      Binaries binaries,
      Leash leash,
      CertificateAuthority authority,
      String server,
      Path caFile,
      Path kubeconfig,
      List<Leash.Child> children) {
    this.binaries = binaries;
    this.leash = leash;
    this.authority = authority;
    this.server = server;
    this.caFile = caFile;
    this.kubeconfig = kubeconfig;
    this.children = List.copyOf(children);
  }

  /// Starts what the options ask for and returns when it is ready.
  public static ControlPlane start(Options options) {
    return new Launch(options).start();
  }

  /// The kubeconfig of a cluster administrator.
  public Path kubeconfig() {
    return kubeconfig;
  }

  /// The address of the API server, such as `https://127.0.0.1:40123`.
  public String server() {
    return server;
  }

  /// The certificate of the authority that signed the API server's certificate.
  public Path caFile() {
    return caFile;
  }

  /// The working folder: logs in `logs/`, gone after close.
  public Path folder() {
    return leash.folder();
  }

  /// The pinned kubectl.
  public Path kubectl() {
    return binaries.path("kubectl");
  }

  /// The pinned Helm; there when all of the control plane was started.
  public Path helm() {
    return binaries.path("helm");
  }

  /// Process ids of the running parts.
  public List<Long> processIds() {
    return leash.processIds();
  }

  /// A client certificate for a user in groups, such as `system:node:a` in `system:nodes`.
  public Identity identity(String user, String... groups) {
    return authority.user(user, List.of(groups));
  }

  /// A serving certificate of this control plane's authority for loopback addresses and names.
  public Identity servingIdentity(String name, List<String> dnsNames, List<String> addresses) {
    return authority.server(name, dnsNames, addresses);
  }

  /// A new kubeconfig file for a user in groups; what the user may do is up to RBAC.
  public Path kubeconfig(String user, String... groups) {
    String content =
        Kubeconfig.of(server, authority.self().certificatePem(), user, identity(user, groups));
    return Launch.writeNew(folder(), user, ".kubeconfig", content);
  }

  /// The last lines of the output of every part, for messages about failures.
  public String lastLines(int count) {
    StringBuilder text = new StringBuilder();
    for (Leash.Child child : children) {
      text.append("--- ").append(child.name()).append(", ").append(child.log()).append('\n');
      text.append(child.lastLines(count)).append('\n');
    }
    return text.toString();
  }

  /// Ends the parts in reverse order and removes the folder. The data is gone by design, so nothing
  /// waits for it to be flushed.
  @Override
  public void close() {
    for (Leash.Child child : children.reversed()) {
      child.stop(0);
    }
    leash.close();
  }
}
