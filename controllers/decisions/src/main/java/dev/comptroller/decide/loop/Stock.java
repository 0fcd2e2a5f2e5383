package dev.comptroller.decide.loop;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The replicas of a deployment that hold GPUs or may come to hold them, and what they cost.
///
/// Replicas that were granted count whether they are seen or not; those that were taken away count
/// until they are seen to be gone, in an observation that is younger than the taking away by more
/// than a control interval. What replaces them meanwhile comes on top.
///
/// @param seen what was seen of the deployment
/// @param ladder its rungs, best first; empty if they are not known any more
/// @param lots what there is of each rung; none is empty
/// @param planned what one more replica of each rung costs as it is planned with; rungs of which
///   that is not known are absent
record Stock(
    DeploymentSeen seen,
    List<Variant> ladder,
    SortedMap<String, Lot> lots,
    SortedMap<String, Exposure> planned) {
  Stock {
    planned = Collections.unmodifiableSortedMap(new TreeMap<>(planned));
    ladder = List.copyOf(ladder);
    lots = Collections.unmodifiableSortedMap(new TreeMap<>(lots));
  }

  /// Replicas of one rung that do not leave for all that is known.
  ///
  /// @param firm granted
  /// @param going taken away, not seen to be gone
  /// @param lowered when they were taken away
  record Lot(int firm, int going, @Nullable Instant lowered) {
    int count() {
      return firm + going;
    }
  }

  /// @param lag how long it takes until what was taken away is seen to leave
  static Stock of(
      DeploymentSeen seen,
      List<Variant> ladder,
      LoopState state,
      boolean observe,
      Duration lag,
      Instant asOf) {
    SortedMap<String, Lot> lots = new TreeMap<>();
    boolean granted = !observe && state.grant(seen.name()).isPresent();
    for (Holding holding : seen.holdings()) {
      int staying = seen.staying(holding.variant());
      if (staying > 0) {
        int firm = granted ? granted(state, seen.name(), holding.variant()) : staying;
        lots.put(holding.variant(), new Lot(firm, Math.max(0, staying - firm), null));
      }
    }
    for (Commitment commitment : state.commitments(seen.name())) {
      int extra = Math.max(0, seen.staying(commitment.variant()) - commitment.replicas());
      @Nullable Instant lowered = commitment.lowered();
      boolean settled = lowered == null || !asOf.isBefore(lowered.plus(lag));
      int going = settled ? extra : Math.max(extra, commitment.going());
      lots.put(
          commitment.variant(), new Lot(commitment.replicas(), going, going == 0 ? null : lowered));
    }
    lots.values().removeIf(lot -> lot.count() == 0);
    SortedMap<String, Exposure> planned = new TreeMap<>();
    for (VariantSeen variant : seen.variants()) {
      variant.planned().ifPresent(exposure -> planned.put(variant.name(), exposure));
    }
    return new Stock(seen, ladder, lots, planned);
  }

  private static int granted(LoopState state, String deployment, String variant) {
    return state
        .grant(deployment)
        .filter(grant -> grant.variant().equals(variant))
        .map(Grant::replicas)
        .orElse(0);
  }

  private Lot lot(String variant) {
    return lots.getOrDefault(variant, new Lot(0, 0, null));
  }

  /// Replicas of a rung that are granted.
  int firm(String variant) {
    return lot(variant).firm();
  }

  /// Replicas of a rung that were taken away and have not been seen to be gone.
  int going(String variant) {
    return lot(variant).going();
  }

  /// All replicas that are granted.
  int firm() {
    return lots.values().stream().mapToInt(Lot::firm).sum();
  }

  /// All replicas.
  int total() {
    return lots.values().stream().mapToInt(Lot::count).sum();
  }

  /// Replicas of all other rungs.
  int others(String variant) {
    return total() - lot(variant).count();
  }

  /// What all of it costs, without what leaves already.
  Exposure cost() {
    Exposure sum = Exposure.NONE;
    for (var each : lots.entrySet()) {
      sum = sum.plus(cost(each.getKey(), each.getValue().count()));
    }
    return sum;
  }

  /// What `replicas` of a rung cost: those that are seen at what they cost, others at the price of
  /// one more. That is at most the dearest; what it will likely be shows in what those cost that
  /// are there, of this rung or else of better ones in its pool, and is never less than the
  /// cheapest that can be had.
  Exposure cost(String variant, int replicas) {
    int staying = seen.staying(variant);
    Exposure known = seen.stayingCost(variant);
    if (replicas <= staying) {
      return part(known, replicas, Math.max(1, staying));
    }
    @Nullable Exposure one = seen.variant(variant).map(VariantSeen::perReplica).orElse(null);
    if (one == null) {
      one = staying == 0 ? Exposure.NONE : part(known, 1, staying);
    } else {
      HourlyRate likely = staying == 0 ? likely(variant, one) : part(known, 1, staying).now();
      one = one.nowAtLeast(likely);
    }
    return known.plus(one.times(replicas - staying));
  }

  /// What a replica of a rung without any likely costs: as much less than the dearest as those of
  /// better rungs in its pool do, which stand where it will. A better rung is not begun because the
  /// little that runs happens to be cheap.
  private HourlyRate likely(String variant, Exposure one) {
    HourlyRate now = HourlyRate.ZERO;
    HourlyRate most = HourlyRate.ZERO;
    @Nullable String pool = pool(variant);
    for (Variant better : ladder) {
      if (better.name().equals(variant)) {
        break;
      }
      int staying = seen.staying(better.name());
      @Nullable Exposure each =
          seen.variant(better.name()).map(VariantSeen::perReplica).orElse(null);
      if (staying > 0 && each != null && better.pool().equals(pool)) {
        now = now.plus(seen.stayingCost(better.name()).now());
        most = most.plus(each.highest().times(staying));
      }
    }
    return most.compareTo(now) <= 0
        ? one.highest()
        : ceil(one.highest(), now.microsPerHour(), most.microsPerHour());
  }

  private @Nullable String pool(String variant) {
    return ladder.stream()
        .filter(each -> each.name().equals(variant))
        .map(Variant::pool)
        .findFirst()
        .orElse(null);
  }

  /// What `replicas` cost that go.
  Exposure leaving(String variant, int replicas) {
    int staying = Math.max(1, seen.staying(variant));
    return seen.staying(variant) == 0
        ? cost(variant, replicas)
        : part(seen.stayingCost(variant).times(replicas), 1, staying);
  }

  /// `part` of `of` equal parts, rounded up.
  private static Exposure part(Exposure whole, int part, int of) {
    return whole.each(rate -> ceil(rate, part, of));
  }

  private static HourlyRate ceil(HourlyRate whole, long part, long of) {
    BigInteger parts = BigInteger.valueOf(whole.microsPerHour()).multiply(BigInteger.valueOf(part));
    BigInteger rounded = parts.add(BigInteger.valueOf(of - 1)).divide(BigInteger.valueOf(of));
    return new HourlyRate(rounded.longValueExact());
  }

  /// What is committed once `grant` is given.
  List<Commitment> after(@Nullable Grant grant, Instant now) {
    SortedMap<String, Lot> all = new TreeMap<>(lots);
    if (grant != null && grant.replicas() > 0) {
      all.putIfAbsent(grant.variant(), new Lot(0, 0, null));
    }
    List<Commitment> commitments = new ArrayList<>();
    for (Map.Entry<String, Lot> each : all.entrySet()) {
      Lot lot = each.getValue();
      boolean own = grant != null && grant.variant().equals(each.getKey());
      int granted = own && grant != null ? grant.replicas() : 0;
      int fewer = Math.max(0, lot.firm() - granted);
      int going = lot.going() + fewer;
      @Nullable Instant before = lot.lowered();
      boolean anew = fewer > 0 || before == null || before.isAfter(now);
      commitments.add(
          new Commitment(
              seen.name(), each.getKey(), granted, going, going == 0 ? null : anew ? now : before));
    }
    return commitments;
  }
}
