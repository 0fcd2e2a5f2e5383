package dev.comptroller.decide.scale;

import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A target CPM at a mean demand: how many dollars an hour it allows.
///
/// @param target dollars per million tokens
/// @param mean tokens a second over the window that the target is meant for
record TargetGoal(Cpm target, double mean) {
  /// Percent of the allowed rate that a better rung than the present one may cost.
  private static final int CLIMB = 90;

  HourlyRate allowed() {
    BigInteger micros =
        BigInteger.valueOf(target.microsPerMillion())
            .multiply(BigInteger.valueOf(Math.round(mean * 1000)))
            .multiply(BigInteger.valueOf(3600))
            .divide(BigInteger.valueOf(1_000_000_000));
    return new HourlyRate(micros.min(BigInteger.valueOf(Long.MAX_VALUE / 8)).longValueExact());
  }

  /// Whether it is met by what a rung needs; with a tenth to spare where `climbs`.
  boolean isMet(HourlyRate hourly, boolean climbs) {
    long percent = climbs ? CLIMB : 100;
    return hourly.microsPerHour() <= allowed().microsPerHour() / 100 * percent;
  }

  /// Whether what was chosen meets it, and if not, the first constraint without which it would.
  ///
  /// @param all what every known rung of the ladder needs, those under the floor included
  /// @param admissible how many of them may serve
  ScaleDecision.Target judge(
      RungNeed chosen, int replicas, List<RungNeed> all, int admissible, int fewest) {
    HourlyRate bill = chosen.perReplica().times(replicas);
    TokensPerSecond speed = new TokensPerSecond(Math.round(mean * 1000));
    String figures =
        "CPM %s expected: %d x %s for $%s/h at %.0f tokens/s; target $%s allows $%s/h"
            .formatted(
                Cpm.of(bill, speed).map(cpm -> "$" + cpm.print(2)).orElse("unknown"),
                replicas,
                chosen.variant().name(),
                bill.print(2),
                mean,
                target.print(2),
                allowed().print(2));
    if (isMet(bill, false)) {
      return new ScaleDecision.Target(true, figures);
    }
    return new ScaleDecision.Target(
        false, figures + ": bound by " + binding(chosen, replicas, all, admissible, fewest));
  }

  private String binding(
      RungNeed chosen, int replicas, List<RungNeed> all, int admissible, int fewest) {
    List<RungNeed> may = all.subList(0, admissible);
    Optional<RungNeed> met =
        may.stream().filter(each -> each.isFull() && isMet(each.hourly(), true)).findFirst();
    if (met.isPresent()) {
      return "the change to %d x %s for $%s/h that is to come"
          .formatted(met.get().count(), met.get().variant().name(), met.get().hourly().print(2));
    }
    Optional<HourlyRate> plain = least(may, Math.max(fewest, 1));
    if (plain.isPresent() && isMet(plain.get(), false)) {
      return "capacity for more than the mean demand; without it $%s/h"
          .formatted(plain.get().print(2));
    }
    Optional<HourlyRate> one = least(may, 1);
    if (fewest > 1 && one.isPresent() && isMet(one.get(), false)) {
      return "%d replicas at least; without that $%s/h".formatted(fewest, one.get().print(2));
    }
    Optional<HourlyRate> below = least(all, Math.max(fewest, 1));
    if (below.isPresent() && isMet(below.get(), false)) {
      return "the rungs that may serve (qualityFloor, downgrade.allowed); below them $%s/h"
          .formatted(below.get().print(2));
    }
    return price(chosen, replicas, may);
  }

  private String price(RungNeed chosen, int replicas, List<RungNeed> may) {
    RungNeed best =
        may.stream()
            .min(Comparator.comparing(each -> each.marginal().orElse(new Cpm(Long.MAX_VALUE))))
            .orElse(chosen);
    Cpm full = best.marginal().orElse(new Cpm(Long.MAX_VALUE));
    String one =
        "one replica of %s costs $%s/h, CPM $%s when full (%s tokens/s)"
            .formatted(
                best.variant().name(), best.perReplica().print(2), full.print(2), best.safe());
    return full.compareTo(target) > 0
        ? "the price: " + one
        : "the demand, too little for %d of them: %s".formatted(Math.max(1, replicas), one);
  }

  /// The least that the mean demand could cost with whole replicas.
  private Optional<HourlyRate> least(List<RungNeed> rungs, int fewest) {
    return rungs.stream()
        .map(
            each -> each.perReplica().times(Math.max(fewest, RungNeed.replicas(each.seen(), mean))))
        .min(Comparator.naturalOrder());
  }
}
