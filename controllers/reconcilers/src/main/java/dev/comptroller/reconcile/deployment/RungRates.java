package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.capacity.Sizing;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.loop.VariantSeen;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.signals.Measured;
import dev.comptroller.reconcile.signals.TokenLedger;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Tokens a second of the rungs of a ladder, as far as any of them was measured.
///
/// A rung that was not is taken to be off from its declared or estimated speed as the nearest
/// measured one is: what was measured and what was declared are never compared with each other.
public record RungRates(Map<String, TokensPerSecond> speeds) {
  private static final double MOST = 9e12;

  /// The speeds of `ladder`.
  public static RungRates of(
      List<Variant> ladder, Map<String, Pool> pools, Map<String, SafeRate> rates) {
    Map<String, TokensPerSecond> speeds = new HashMap<>();
    Map<Integer, Double> ratios = new HashMap<>();
    for (int i = 0; i < ladder.size(); i++) {
      Variant variant = ladder.get(i);
      SafeRate rate = rates.get(variant.name());
      Optional<TokensPerSecond> speed = Optional.ofNullable(rate).flatMap(RungRates::speed);
      if (speed.isPresent()) {
        speeds.put(variant.name(), speed.get());
        long said = said(variant, pools);
        if (said > 0) {
          ratios.put(i, speed.get().thousandths() / (double) said);
        }
      }
    }
    for (int i = 0; i < ladder.size(); i++) {
      Variant variant = ladder.get(i);
      int at = i;
      long said = said(variant, pools);
      Optional<Integer> nearest =
          ratios.keySet().stream()
              .min((a, b) -> Integer.compare(Math.abs(a - at), Math.abs(b - at)));
      if (!speeds.containsKey(variant.name()) && said > 0 && nearest.isPresent()) {
        double scaled = said * ratios.getOrDefault(nearest.get(), 1.0);
        if (scaled >= 1 && scaled < MOST * 1000) {
          speeds.put(variant.name(), new TokensPerSecond(Math.round(scaled)));
        }
      }
    }
    return new RungRates(speeds);
  }

  /// Tokens a second at `rate`; absent if it is next to nothing or out of all bounds.
  public static Optional<TokensPerSecond> speed(SafeRate rate) {
    return rate.tokensPerSecond() > 0.001 && rate.tokensPerSecond() < MOST
        ? Optional.of(new TokensPerSecond(Math.round(rate.tokensPerSecond() * 1000)))
        : Optional.empty();
  }

  /// The speed of a rung; absent if nothing was measured.
  public Optional<TokensPerSecond> of(String variant) {
    return Optional.ofNullable(speeds.get(variant));
  }

  /// What was measured of the rungs of a deployment, by name.
  public static Map<String, SafeRate> measured(Declared declared, Measured measured, Instant now) {
    Map<String, SafeRate> rates = new HashMap<>();
    Slo slo = Objects.requireNonNullElse(declared.slo(), Slo.NONE);
    declared
        .rungs()
        .forEach(
            (name, rung) ->
                measured
                    .rate(
                        new TokenLedger.Key(
                            declared.policy().namespace(), declared.policy().name(), name),
                        new Sizing.Limits(
                            rung.maxSequences(), rung.maxBatchedTokens(), Double.POSITIVE_INFINITY),
                        slo,
                        now)
                    .ifPresent(rate -> rates.put(name, rate)));
    return rates;
  }

  /// Whether a rung keeps what is promised of latency, as far as that was measured.
  ///
  /// @param rate what was measured of it; absent if nothing was
  public static VariantSeen.Slo slo(Declared declared, @Nullable SafeRate rate) {
    if (!declared.hasSlo()) {
      return VariantSeen.Slo.NotDeclared;
    }
    if (rate == null) {
      return VariantSeen.Slo.NotMeasured;
    }
    return rate.binding() == Sizing.Binding.Impossible
        ? VariantSeen.Slo.Missed
        : VariantSeen.Slo.Met;
  }

  private static long said(Variant variant, Map<String, Pool> pools) {
    Pool pool = pools.get(variant.pool());
    if (pool == null) {
      return variant.throughput() == null ? 0 : variant.throughput().thousandths();
    }
    return Throughput.of(variant, pool.product())
        .speed()
        .map(TokensPerSecond::thousandths)
        .orElse(0L);
  }
}
