package dev.comptroller.gateway.route;

import java.util.HashMap;
import java.util.Map;

/// Shares the tokens a minute of a namespace out over its features by priority. Takes the time as
/// an argument.
///
/// ```
/// one bucket per namespace: a sixth of a minute's tokens at most, refilled evenly
/// rank r of n priorities (0 is the highest) leaves r/n of the bucket to those above it
/// admitted: its tokens come out of the bucket
/// ended:    what it used more comes out too, what it used less goes back
/// ```
///
/// Properties: over any time t at most t * rate + one bucket + what runs is used; while a higher
/// priority can use everything, a lower one gets nothing; when the bucket is full everything is
/// admitted, however large, and the bucket owes what it did not have.
public final class Throttle {
  private static final long MINUTE = 60_000_000_000L;
  private static final long BUCKETS_A_MINUTE = 6;

  /// What became of a request for tokens.
  public sealed interface Verdict {
    /// The tokens are taken.
    record Taken() implements Verdict {}

    /// Not now.
    ///
    /// @param seconds after which it would be admitted if nobody else came; at least 1
    record Wait(long seconds) implements Verdict {}
  }

  private static final class Bucket {
    private double level;
    private long atNanos;
    private long perMinute;
  }

  private final Map<String, Bucket> buckets = new HashMap<>();

  /// Asks for tokens.
  ///
  /// @param rank of the feature among the priorities of its namespace; 0 is the highest
  /// @param ranks how many priorities there are
  public synchronized Verdict ask(
      String namespace, long perMinute, int rank, int ranks, long tokens, long nowNanos) {
    Bucket bucket = buckets.computeIfAbsent(namespace, _ -> fresh(perMinute, nowNanos));
    refill(bucket, perMinute, nowNanos);
    double most = size(perMinute);
    double floor = most * rank / ranks;
    double needed = Math.min(tokens + floor, most);
    if (bucket.level >= needed) {
      bucket.level -= tokens;
      return new Verdict.Taken();
    }
    double nanos = (needed - bucket.level) * MINUTE / perMinute;
    return new Verdict.Wait(Math.max(1, (long) Math.ceil(nanos / 1e9)));
  }

  /// Corrects what a request took by what it used.
  ///
  /// @param tokens used beyond those taken; negative if it used fewer
  public synchronized void correct(String namespace, long tokens) {
    Bucket bucket = buckets.get(namespace);
    if (bucket != null) {
      bucket.level = Math.min(size(bucket.perMinute), bucket.level - tokens);
    }
  }

  private static Bucket fresh(long perMinute, long nowNanos) {
    Bucket bucket = new Bucket();
    bucket.level = size(perMinute);
    bucket.atNanos = nowNanos;
    bucket.perMinute = perMinute;
    return bucket;
  }

  private static void refill(Bucket bucket, long perMinute, long nowNanos) {
    double more = (double) (nowNanos - bucket.atNanos) * perMinute / MINUTE;
    bucket.level = Math.min(size(perMinute), bucket.level + Math.max(0, more));
    bucket.atNanos = nowNanos;
    bucket.perMinute = perMinute;
  }

  private static double size(long perMinute) {
    return Math.max(1, (double) perMinute / BUCKETS_A_MINUTE);
  }
}
