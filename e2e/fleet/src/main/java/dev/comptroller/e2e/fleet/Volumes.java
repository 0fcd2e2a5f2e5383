package dev.comptroller.e2e.fleet;

/// The PersistentVolumes behind the claims `models`, and such claims; and the gateway's volume.
///
/// A volume binds one claim, and every namespace that serves has a claim of its own, so there is a
/// volume `NAMESPACE-models` for each; all of them show the same folder.
final class Volumes {
  /// Path on the nodes that the volumes name; the node agent maps it to the cache.
  static final String PATH = "/var/lib/comptroller/models";

  /// Path on the nodes that the gateway's volume names; it lives as long as the fleet.
  static final String GATEWAY = "/var/lib/comptroller/gateway";

  private Volumes() {}

  /// The volume for the claim that the chart makes, as a default storage class would make one.
  static String gateway() {
    return """
    apiVersion: v1
    kind: PersistentVolume
    metadata:
      name: %2$s-gateway
    spec:
      storageClassName: ""
      capacity:
        storage: 5Gi
      accessModes: [ReadWriteOnce]
      persistentVolumeReclaimPolicy: Retain
      claimRef:
        namespace: %1$s
        name: %2$s-gateway
      hostPath:
        path: %3$s
    """
        .formatted(Installation.NAMESPACE, Installation.RELEASE, GATEWAY);
  }

  /// The volume for a namespace's claim.
  static String volume(String namespace) {
    return """
    apiVersion: v1
    kind: PersistentVolume
    metadata:
      name: %s-models
    spec:
      storageClassName: ""
      capacity:
        storage: 100Gi
      accessModes: [ReadOnlyMany]
      persistentVolumeReclaimPolicy: Retain
      hostPath:
        path: %s
    """
        .formatted(namespace, PATH);
  }

  /// A namespace with a claim on its volume.
  static String namespaceWithClaim(String namespace) {
    return """
    apiVersion: v1
    kind: Namespace
    metadata:
      name: %1$s
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: models
      namespace: %1$s
    spec:
      storageClassName: ""
      volumeName: %1$s-models
      accessModes: [ReadOnlyMany]
      resources:
        requests:
          storage: 1Gi
    """
        .formatted(namespace);
  }
}
