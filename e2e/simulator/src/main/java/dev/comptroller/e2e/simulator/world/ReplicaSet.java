package dev.comptroller.e2e.simulator.world;

/// Pods of one variant of a deployment, and how many there shall be.
public final class ReplicaSet {
  private final String namespace;
  private final String deployment;
  private final String variant;
  private final String pool;
  private final int gpus;
  private int wanted;
  private boolean exists;
  private long revision;

  /// None yet.
  public ReplicaSet(String namespace, String deployment, String variant, String pool, int gpus) {
    this.namespace = namespace;
    this.deployment = deployment;
    this.variant = variant;
    this.pool = pool;
    this.gpus = gpus;
  }

  /// Whose bill they are on.
  public String namespace() {
    return namespace;
  }

  /// The deployment.
  public String deployment() {
    return deployment;
  }

  /// The variant.
  public String variant() {
    return variant;
  }

  /// The pool whose nodes they run on.
  public String pool() {
    return pool;
  }

  /// GPUs of one of them.
  public int gpus() {
    return gpus;
  }

  /// How many there shall be.
  public int wanted() {
    return wanted;
  }

  /// Whether it has a Deployment.
  public boolean exists() {
    return exists;
  }

  /// Number of the request that its Deployment shows.
  public long revision() {
    return revision;
  }

  /// Its key among all.
  public String key() {
    return "%s/%s/%s".formatted(namespace, deployment, variant);
  }

  void want(int count, long request) {
    wanted = count;
    exists = true;
    revision = request;
  }

  void delete() {
    wanted = 0;
    exists = false;
    revision = 0;
  }
}
