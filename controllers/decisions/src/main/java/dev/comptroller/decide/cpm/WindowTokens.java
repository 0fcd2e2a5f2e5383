package dev.comptroller.decide.cpm;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.Tokens;
import dev.comptroller.decide.units.TokensPerSecond;
import java.util.Optional;

/// Tokens of a stretch of time.
///
/// @param covered the stretch; shorter than the window while less has been seen
/// @param prompt input tokens
/// @param generation output tokens
public record WindowTokens(Window covered, Tokens prompt, Tokens generation) {
  /// Input and output tokens.
  public Tokens total() {
    return prompt.plus(generation);
  }

  /// The mean speed.
  public TokensPerSecond speed() {
    return TokensPerSecond.mean(total(), covered.length());
  }

  /// The full CPM when all replicas together cost `money` over [#covered], idle time included.
  public Optional<Cpm> fullCpm(Money money) {
    return Cpm.of(money, total());
  }
}
