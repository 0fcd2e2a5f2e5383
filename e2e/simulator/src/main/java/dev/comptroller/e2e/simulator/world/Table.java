package dev.comptroller.e2e.simulator.world;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the gateway knows of a namespace: its last routing table.
///
/// @param weights share of new requests by variant, by deployment; none: nothing gets any
/// @param account the money; absent where no budget is in force
public record Table(
    SortedMap<String, SortedMap<String, Integer>> weights, @Nullable Account account) {
  /// Nothing is routed.
  public static final Table EMPTY = new Table(Collections.emptySortedMap(), null);

  public Table {
    weights = Collections.unmodifiableSortedMap(new TreeMap<>(weights));
  }

  /// What the budget says about traffic.
  ///
  /// @param fundedUntil first second at which nothing is admitted any more
  /// @param observe whether the rest is only counted
  /// @param suspended whether nothing is admitted
  /// @param queueBatch whether what may wait goes to the queue
  /// @param maxOutputTokens output tokens of a request, at most
  /// @param tokensPerMinute tokens that are admitted in a minute, at most
  public record Account(
      long fundedUntil,
      boolean observe,
      boolean suspended,
      boolean queueBatch,
      @Nullable Long maxOutputTokens,
      @Nullable Long tokensPerMinute) {
    /// Nothing is bounded.
    public static final Account FREE = new Account(Long.MAX_VALUE, false, false, false, null, null);
  }

  /// The share of each variant of a deployment.
  public Map<String, Integer> weightsOf(String deployment) {
    return weights.getOrDefault(deployment, Collections.emptySortedMap());
  }
}
