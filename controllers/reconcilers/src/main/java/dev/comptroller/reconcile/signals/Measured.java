package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiConsumer;

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

        @Override
        public Optional<DemandSeen> asked(
            String namespace, String deployment, long queued, Instant now) {
          return Optional.empty();
        }

        @Override
        public void onWaiting(BiConsumer<String, String> listener) {}
      };

  /// The largest rate that one replica of a variant serves within `slo`, with the present mix of
  /// requests.
  Optional<SafeRate> rate(TokenLedger.Key variant, Limits limits, Slo slo, Instant now);

  /// Tokens a second, of prompts and answers, that a deployment is asked for: in the busiest
  /// quarter of a minute, where it swings while one lasts.
  Optional<TokensPerSecond> demand(String namespace, String deployment, Instant now);

  /// What a deployment is and was asked for, minute by minute.
  ///
  /// @param queued requests that wait in its engines
  Optional<DemandSeen> asked(String namespace, String deployment, long queued, Instant now);

  /// Calls `listener` with namespace and name of a deployment that requests begin to wait for; it
  /// must not block.
  void onWaiting(BiConsumer<String, String> listener);
}
