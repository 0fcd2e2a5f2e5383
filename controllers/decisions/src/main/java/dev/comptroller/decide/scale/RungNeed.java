package dev.comptroller.decide.scale;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.util.Objects;
import java.util.Optional;

/// How many replicas of one rung a demand needs, and what they cost.
///
/// @param variant the rung
/// @param seen what it could be had for; known
/// @param count replicas within their borders and the pool's room
/// @param wanted replicas without borders and room
/// @param need tokens a second that there must be capacity for
record RungNeed(Variant variant, RungSeen seen, int count, long wanted, double need) {
  private static final long MOST = 1_000_000;
  private static final double EXACT = 1e-9;

  /// The largest part of its places that one alone keeps free.
  private static final double MOST_SPARE = 0.9;

  /// @param fewest replicas at least
  /// @param most replicas at most
  static RungNeed of(Variant variant, RungSeen seen, Capacity need, int fewest, int most) {
    long wanted = replicas(seen, need);
    long room = Math.max(fewest, (long) seen.running() + seen.room());
    int count = (int) Math.clamp(wanted, fewest, Math.max(fewest, Math.min(most, room)));
    return new RungNeed(variant, seen, count, wanted, need.most());
  }

  /// Replicas that serve `need` tokens a second, known exactly.
  static long replicas(RungSeen seen, double need) {
    return replicas(seen, Capacity.exactly(need));
  }

  /// Replicas that serve a need.
  ///
  /// One alone keeps its SLO up to `safe`: the other places must be free for what comes by chance.
  /// Replicas that share what comes keep more of them free together, but by less than their number:
  /// with `p` places in each, `f` of them free in one alone that serves `safe`, and so much work
  /// that `r` of those would serve it, `n * p >= taken + f * r^growth`. A place that somebody waits
  /// for is free sooner where there are many, so [RungSeen.Pooled#growth] is small where a promise
  /// leaves time to wait, and a half, as for sums of chances, where it leaves none.
  ///
  /// Where requests come in bunches `f` is larger ([Dispersion]), also in one alone; where only the
  /// surplus is late it is smaller, but not in one alone. Chance is on top of the usual need alone:
  /// the most has its own on top already, and is served while all places are taken.
  static long replicas(RungSeen seen, Capacity need) {
    double safe = Objects.requireNonNull(seen.safe()).thousandths() / 1000.0;
    RungSeen.Pooled pool = seen.pool();
    double full = pool == null ? 0 : pool.full().thousandths() / 1000.0;
    if (pool == null || full <= safe) {
      return (long) Math.min(MOST, Math.ceil(need.most() / safe - EXACT));
    }
    double lone = 1 - Math.min(MOST_SPARE, (1 - safe / full) * need.alone());
    double alone = Math.ceil(need.most() / (full * lone) - EXACT);
    if (alone <= 1) {
      return (long) alone;
    }
    double places = pool.places();
    double one = places * (1 - Math.min(MOST_SPARE, (1 - safe / full) * need.shared()));
    double taken = places * need.usual() / full;
    double least = taken > places * lone ? 2 : 1;
    double free = (places - one) * Math.pow(taken / one, pool.growth());
    double shared = Math.ceil((taken + free) / places - EXACT);
    double filled = Math.ceil(need.most() / full - EXACT);
    return (long) Math.min(MOST, Math.min(alone, Math.max(least, Math.max(shared, filled))));
  }

  /// Whether it serves all that is needed.
  boolean isFull() {
    return count >= wanted;
  }

  HourlyRate perReplica() {
    return Objects.requireNonNull(seen.perReplica());
  }

  HourlyRate hourly() {
    return perReplica().times(count);
  }

  TokensPerSecond safe() {
    return Objects.requireNonNull(seen.safe());
  }

  /// Dollars per million tokens of a replica that is as full as it may be.
  Optional<Cpm> marginal() {
    return Cpm.of(perReplica(), safe());
  }

  /// Quality times the tokens a second that are served.
  double kept() {
    double served = Math.min(need, count * (safe().thousandths() / 1000.0));
    return variant.quality().doubleValue() * (need == 0 ? 1 : served);
  }
}
