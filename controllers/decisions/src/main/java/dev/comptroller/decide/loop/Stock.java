package dev.comptroller.decide.loop;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The replicas of a deployment that hold GPUs or may come to hold them, and what they cost.
///
/// Replicas that were granted count whether they are seen or not; those that were taken away count
/// until they are seen to be gone, in an observation that is younger than the taking away by more
/// than a control interval.
///
/// @param seen what was seen of the deployment
/// @param counts replicas that do not leave, by rung; 1 or more each
record Stock(DeploymentSeen seen, SortedMap<String, Integer> counts) {
  Stock {
    counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
  }

  static Stock of(DeploymentSeen seen, LoopState state) {
    SortedMap<String, Integer> counts = new TreeMap<>();
    for (Holding holding : seen.holdings()) {
      if (!holding.leaving() && holding.replicas() > 0) {
        counts.merge(holding.variant(), holding.replicas(), Integer::sum);
      }
    }
    for (Commitment commitment : state.commitments(seen.name())) {
      counts.merge(commitment.variant(), commitment.replicas(), Math::max);
    }
    return new Stock(seen, counts);
  }

  int count(String variant) {
    return counts.getOrDefault(variant, 0);
  }

  int total() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /// Replicas of all other rungs.
  int others(String variant) {
    return total() - count(variant);
  }

  /// What all of it costs, without what leaves already.
  Exposure cost() {
    return counts.entrySet().stream()
        .map(entry -> cost(entry.getKey(), entry.getValue()))
        .reduce(Exposure.NONE, Exposure::plus);
  }

  /// What `replicas` of a rung cost: those that are seen at what they cost, others at the price of
  /// one more.
  Exposure cost(String variant, int replicas) {
    int staying = seen.staying(variant);
    Exposure known = seen.stayingCost(variant);
    if (replicas <= staying) {
      return part(known, replicas, Math.max(1, staying));
    }
    @Nullable Exposure one = seen.variant(variant).map(VariantSeen::perReplica).orElse(null);
    if (one == null) {
      one = staying == 0 ? Exposure.NONE : part(known, 1, staying);
    }
    return known.plus(one.times(replicas - staying));
  }

  /// `part` of `of` equal parts, rounded up.
  static Exposure part(Exposure whole, int part, int of) {
    return new Exposure(ceil(whole.now(), part, of), ceil(whole.highest(), part, of));
  }

  private static HourlyRate ceil(HourlyRate whole, int part, int of) {
    BigInteger micros =
        BigInteger.valueOf(whole.microsPerHour())
            .multiply(BigInteger.valueOf(part))
            .add(BigInteger.valueOf(of - 1L))
            .divide(BigInteger.valueOf(of));
    return new HourlyRate(micros.longValueExact());
  }

  /// What is committed once `grant` is given.
  List<Commitment> after(
      @Nullable Grant grant, LoopState state, Instant asOf, Duration lag, Instant now) {
    SortedMap<String, @Nullable Instant> lowered = new TreeMap<>();
    for (Commitment commitment : state.commitments(seen.name())) {
      lowered.put(commitment.variant(), commitment.lowered());
    }
    SortedMap<String, Integer> all = new TreeMap<>(counts);
    if (grant != null && grant.replicas() > 0) {
      all.putIfAbsent(grant.variant(), 0);
    }
    List<Commitment> commitments = new ArrayList<>();
    for (String variant : all.keySet()) {
      int granted = grant != null && grant.variant().equals(variant) ? grant.replicas() : 0;
      int count = count(variant);
      if (granted >= count) {
        commitments.add(new Commitment(seen.name(), variant, granted, null));
        continue;
      }
      @Nullable Instant before = lowered.get(variant);
      Instant since = before == null || before.isAfter(now) ? now : before;
      int left = asOf.isBefore(since.plus(lag)) ? count : Math.max(granted, seen.staying(variant));
      if (left > 0) {
        commitments.add(new Commitment(seen.name(), variant, left, left == granted ? null : since));
      }
    }
    return commitments;
  }
}
