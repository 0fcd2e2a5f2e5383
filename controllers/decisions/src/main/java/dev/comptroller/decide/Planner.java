package dev.comptroller.decide;

import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The one entry to decisions about a ModelDeployment.
///
/// Total and deterministic: the same observation, policy and instant give the same decision, and
/// what cannot be decided is a [Decision.Blocked], not an exception. It chooses the first rung of
/// the ladder, from the top down to the quality floor, whose pool exists, and runs `spec.replicas`
/// clamped to the borders of `scaling`. It goes lower only past pools that do not exist, and so
/// have no price that a rung could be dearer than: `pricierFallback` is the autoscaler's to keep.
public final class Planner {
  /// What to do about the deployment of `policy`.
  public Decision decide(Observation seen, Policy policy, Instant now) {
    int replicas = policy.scaling().clamp(policy.requestedReplicas());
    List<Candidate> candidates = new ArrayList<>();
    @Nullable Candidate chosen = null;
    boolean aboveFloor = true;
    for (Variant variant : policy.ladder()) {
      Pool pool = seen.pools().get(variant.pool());
      String verdict =
          policy.wanted().contains(variant)
              ? verdict(variant, pool, chosen, aboveFloor, policy)
              : "better than %s, which is wanted".formatted(policy.preferred());
      Candidate candidate = candidate(variant, pool, replicas, verdict, now);
      candidates.add(candidate);
      if (verdict.equals(Candidate.CHOSEN)) {
        chosen = candidate;
      }
      aboveFloor &= !variant.name().equals(policy.qualityFloor());
    }
    return chosen == null
        ? blocked(seen, policy, candidates)
        : new Decision.Serve(
            chosen.variant(), replicas, explanation(policy, chosen, replicas, candidates));
  }

  private static String verdict(
      Variant variant,
      @Nullable Pool pool,
      @Nullable Candidate chosen,
      boolean aboveFloor,
      Policy policy) {
    if (!aboveFloor) {
      return "below the quality floor " + policy.qualityFloor();
    }
    if (pool == null) {
      return "pool %s does not exist".formatted(variant.pool());
    }
    return chosen == null ? Candidate.CHOSEN : "lower than " + chosen.variant();
  }

  private static Candidate candidate(
      Variant variant, @Nullable Pool pool, int replicas, String verdict, Instant now) {
    @Nullable HourlyRate perReplica = null;
    @Nullable TokensPerSecond speed = variant.throughput();
    if (pool != null) {
      perReplica = pool.prices().dearest(now).of(variant.gpus());
      speed = Throughput.of(variant, pool.product()).speed().orElse(null);
    }
    @Nullable Cpm cpm =
        perReplica == null || speed == null ? null : Cpm.of(perReplica, speed).orElse(null);
    return new Candidate(
        variant.name(),
        variant.pool(),
        variant.quality(),
        replicas,
        perReplica == null ? null : perReplica.times(replicas),
        speed,
        cpm,
        verdict);
  }

  private static Explanation explanation(
      Policy policy, Candidate chosen, int replicas, List<Candidate> candidates) {
    int asked = policy.requestedReplicas();
    String binding = "spec.replicas";
    String clamp = "";
    if (replicas < asked) {
      binding = "scaling.maxReplicas";
      clamp = " (spec.replicas %d is above scaling.maxReplicas %d)".formatted(asked, replicas);
    } else if (replicas > asked) {
      binding = "scaling.minReplicas";
      clamp = " (spec.replicas %d is below scaling.minReplicas %d)".formatted(asked, replicas);
    }
    return new Explanation(chosen.line() + clamp, binding, candidates);
  }

  private static Decision blocked(Observation seen, Policy policy, List<Candidate> candidates) {
    String verdicts =
        candidates.stream()
            .map(candidate -> candidate.variant() + ": " + candidate.verdict())
            .collect(Collectors.joining("; "));
    String pools = seen.pools().isEmpty() ? "none" : String.join(", ", seen.pools().keySet());
    String message =
        "0 of %d variants can serve: %s (GpuNodePools: %s); create the pool or set variants[].pool"
            .formatted(policy.ladder().size(), verdicts, pools);
    return new Decision.Blocked(
        "PoolNotFound", message, new Explanation(message, "variants[].pool", candidates));
  }
}
