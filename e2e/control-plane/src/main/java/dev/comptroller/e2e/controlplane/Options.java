package dev.comptroller.e2e.controlplane;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What to start: the API alone or all of the control plane, and from which binaries.
///
/// @param full whether the controller manager and the scheduler run beside etcd and the API server
/// @param nodeRestriction whether NodeRestriction confines users in the group `system:nodes`
/// @param bin folder of the binaries; empty means the pinned ones, built when they are missing
/// @param parentFolder where the working folder is made; empty means the system's temporary folder
/// @param apiServerFlags further flags of the API server
/// @param startTimeout how long all of it may take to become ready
public record Options(
    boolean full,
    boolean nodeRestriction,
    Optional<Path> bin,
    Optional<Path> parentFolder,
    List<String> apiServerFlags,
    Duration startTimeout) {

  public Options {
    apiServerFlags = List.copyOf(apiServerFlags);
    if (startTimeout.isNegative() || startTimeout.isZero()) {
      throw new IllegalArgumentException("startTimeout must be positive, not " + startTimeout);
    }
  }

  /// etcd and the API server: enough for custom resources, RBAC and server-side apply.
  public static Options apiOnly() {
    return new Options(
        false, false, Optional.empty(), Optional.empty(), List.of(), Duration.ofSeconds(90));
  }

  /// All of the control plane: with deployments, garbage collection and scheduling.
  public static Options everything() {
    return new Options(
        true, false, Optional.empty(), Optional.empty(), List.of(), Duration.ofSeconds(90));
  }

  /// The same with the binaries of one folder.
  public Options withBin(Path folder) {
    return new Options(
        full, nodeRestriction, Optional.of(folder), parentFolder, apiServerFlags, startTimeout);
  }

  /// The same with the working folder made inside another one.
  public Options withParentFolder(Path folder) {
    return new Options(
        full, nodeRestriction, bin, Optional.of(folder), apiServerFlags, startTimeout);
  }

  /// The same with the NodeRestriction admission plugin on or off.
  public Options withNodeRestriction(boolean on) {
    return new Options(full, on, bin, parentFolder, apiServerFlags, startTimeout);
  }

  /// The same with further flags of the API server.
  public Options withApiServerFlags(List<String> flags) {
    return new Options(full, nodeRestriction, bin, parentFolder, flags, startTimeout);
  }
}
