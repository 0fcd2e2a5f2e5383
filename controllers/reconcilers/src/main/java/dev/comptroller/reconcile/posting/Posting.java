package dev.comptroller.reconcile.posting;

import dev.comptroller.decide.capacity.PostedPrice;
import dev.comptroller.decide.capacity.PricePublisher.Standing;
import dev.comptroller.reconcile.signals.TokenCounters;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is remembered of the price of a variant.
///
/// @param deployment uid of its ModelDeployment
/// @param price that is posted, or was last
/// @param carried micro-dollars that were charged less than was due; less than zero: more
/// @param peak tokens of the busiest hour of late
/// @param due when it may move again
/// @param measured whether it follows hours that were measured
/// @param since replicas that began before are counted from the first look at them
/// @param open what is known of the present hour
/// @param replicas what each replica had counted when it was last looked at, by uid
record Posting(
    String deployment,
    PostedPrice price,
    long carried,
    long peak,
    Instant due,
    boolean measured,
    Instant since,
    Stretch open,
    SortedMap<String, Counted> replicas) {
  Posting {
    replicas = Collections.unmodifiableSortedMap(new TreeMap<>(replicas));
  }

  /// What replicas did and cost in some time.
  ///
  /// @param opened when it began
  /// @param rateSeconds cost: the sum of micro-dollars an hour, times seconds
  /// @param tokens that were served
  /// @param replicaSeconds seconds that replicas were ready, summed over them
  record Stretch(Instant opened, long rateSeconds, TokenCounters tokens, long replicaSeconds) {
    /// Nothing yet.
    static Stretch from(Instant opened) {
      return new Stretch(opened, 0, TokenCounters.ZERO, 0);
    }

    /// Whether nothing was served.
    boolean isIdle() {
      return tokens.equals(TokenCounters.ZERO);
    }

    Stretch plus(long rateMicros, long seconds, TokenCounters more, long readySeconds) {
      return new Stretch(
          opened,
          Math.addExact(rateSeconds, Math.multiplyExact(rateMicros, seconds)),
          new TokenCounters(
              Math.addExact(tokens.input(), more.input()),
              Math.addExact(tokens.cachedInput(), more.cachedInput()),
              Math.addExact(tokens.output(), more.output())),
          Math.addExact(replicaSeconds, readySeconds));
    }
  }

  /// The counters of a replica and when they were read.
  record Counted(Instant at, TokenCounters tokens) {}

  /// A price from which nothing is carried on, and that was not measured.
  static Posting first(String deployment, PostedPrice price, Instant due, Instant now) {
    return new Posting(
        deployment, price, 0, 0, due, false, now, Stretch.from(now), new TreeMap<>());
  }

  Standing standing() {
    return new Standing(price.split(), carried, peak);
  }

  Posting with(PostedPrice next, Instant nextDue) {
    return new Posting(deployment, next, carried, peak, nextDue, measured, since, open, replicas);
  }

  /// After the present hour, which is over.
  Posting closed(PostedPrice next, Standing standing, Instant nextDue, Instant now) {
    return new Posting(
        deployment,
        next,
        standing.carried(),
        standing.peak(),
        nextDue,
        true,
        since,
        Stretch.from(now),
        replicas);
  }

  Posting with(Stretch stretch) {
    return new Posting(deployment, price, carried, peak, due, measured, since, stretch, replicas);
  }

  Posting with(SortedMap<String, Counted> counted) {
    return new Posting(deployment, price, carried, peak, due, measured, since, open, counted);
  }

  /// Without replicas, each of which counts from the next look at it.
  Posting withoutReplicas(Instant at) {
    return new Posting(deployment, price, carried, peak, due, measured, at, open, new TreeMap<>());
  }
}
