package dev.comptroller.reconcile;

import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.signals.Measured;
import dev.comptroller.reconcile.signals.Speeds;
import dev.comptroller.reconcile.signals.TokenLedger;
import java.time.Instant;
import java.util.Optional;

/// What replicas and gateways show: speeds by the former's counters, demand by the latter's.
record Measurements(Speeds speeds, Demands demands) implements Measured {
  @Override
  public Optional<SafeRate> rate(TokenLedger.Key variant, Limits limits, Slo slo, Instant now) {
    return speeds.rate(variant, limits, slo, now);
  }

  @Override
  public Optional<TokensPerSecond> demand(String namespace, String deployment, Instant now) {
    return demands.of(namespace, deployment, now);
  }
}
