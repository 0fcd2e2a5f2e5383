package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Instant;
import java.util.Optional;

/// What was measured of variants and deployments, as far as it is sure and fresh.
public interface Measured {
  /// Nothing was.
  Measured NOTHING =
      new Measured() {
        @Override
        public Optional<SafeRate> rate(
            TokenLedger.Key variant, Limits limits, Slo slo, Instant now) {
          return Optional.empty();
        }

        @Override
        public Optional<TokensPerSecond> demand(String namespace, String deployment, Instant now) {
          return Optional.empty();
        }
      };

  /// The largest rate that one replica of a variant serves within `slo`, with the present mix of
  /// requests.
  Optional<SafeRate> rate(TokenLedger.Key variant, Limits limits, Slo slo, Instant now);

  /// Tokens a second, of prompts and answers, that a deployment is asked for.
  Optional<TokensPerSecond> demand(String namespace, String deployment, Instant now);
}
