package dev.comptroller.e2e.simulator.world;

import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.CapacityType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A pod of a variant, from its creation until its interval is recorded.
public final class Pod {
  private static final long NEVER = Long.MAX_VALUE;

  private final String uid;
  private final ReplicaSet set;
  private @Nullable Node node;
  private Phase phase = Phase.Pending;
  private long scheduledAt = NEVER;
  private long readyAt = NEVER;
  private long endedAt = NEVER;
  private boolean upperBound;
  private boolean computing;
  private boolean warm;
  private int attempts;
  private long toldAt = NEVER;

  Pod(String uid, ReplicaSet set) {
    this.uid = uid;
    this.set = set;
  }

  /// How far a pod is.
  public enum Phase {
    /// Not on a node: costs nothing.
    Pending,
    /// On a node, not ready.
    Starting,
    /// Serving.
    Ready,
    /// Told to leave; serves what it has begun.
    Leaving,
    /// Its containers have ended, as far as anybody can see.
    Gone
  }

  /// A node.
  ///
  /// @param name its name
  /// @param pool its pool
  /// @param type how it is paid for
  /// @param gpus GPUs
  public record Node(String name, String pool, CapacityType type, int gpus) {}

  /// Its uid.
  public String uid() {
    return uid;
  }

  /// The variant that it serves, and whose.
  public ReplicaSet set() {
    return set;
  }

  /// How far it is.
  public Phase phase() {
    return phase;
  }

  /// Its node; absent while it has none.
  public @Nullable Node node() {
    return node;
  }

  /// Since when it is ready; far ahead if it never was.
  public long readyAt() {
    return readyAt;
  }

  /// How often its start was tried.
  public int attempts() {
    return attempts;
  }

  /// Whether it has answered a first request.
  public boolean isWarm() {
    return warm;
  }

  /// Since when it holds GPUs; far ahead if it never did.
  public long scheduledAt() {
    return scheduledAt;
  }

  /// Whether it occupies GPUs.
  public boolean holdsGpus() {
    return node != null && phase != Phase.Gone;
  }

  /// When it was told to leave; far ahead if it was not.
  public long toldAt() {
    return toldAt;
  }

  /// Whether it answers new requests: a ready pod whose node lives.
  public boolean isServing() {
    return phase == Phase.Ready && computing;
  }

  /// Whether it was not told to leave.
  public boolean isStaying() {
    return phase != Phase.Leaving && phase != Phase.Gone;
  }

  /// Its interval as the API server's timestamps tell it; absent if it never had a node.
  public @Nullable ReplicaInterval interval() {
    Node at = node;
    if (at == null) {
      return null;
    }
    Instant end = Instant.ofEpochSecond(endedAt == NEVER ? 0 : endedAt);
    ReplicaInterval.End known =
        phase != Phase.Gone
            ? new ReplicaInterval.Running()
            : upperBound ? new ReplicaInterval.UpperBound(end) : new ReplicaInterval.Known(end);
    return new ReplicaInterval(
        uid, at.pool(), at.type(), set.gpus(), Instant.ofEpochSecond(scheduledAt), known);
  }

  void place(Node on, long now) {
    node = on;
    scheduledAt = now;
    phase = Phase.Starting;
  }

  int retry() {
    return ++attempts;
  }

  void ready(long now) {
    phase = Phase.Ready;
    computing = true;
    readyAt = now;
  }

  void warm() {
    warm = phase == Phase.Ready;
  }

  void leave(long now) {
    toldAt = Math.min(toldAt, now);
    phase = Phase.Leaving;
  }

  void die() {
    computing = false;
  }

  void end(long now, boolean bound) {
    phase = Phase.Gone;
    computing = false;
    endedAt = now;
    upperBound = bound;
  }
}
