package dev.comptroller.decide.loop;

import dev.comptroller.decide.units.TokensPerSecond;
import org.jspecify.annotations.Nullable;

/// What an autoscaler that follows the demand expects of it until a new replica would serve: it
/// knows a rise before it comes, and sooner that one is over, than the busiest of some minutes
/// tells.
///
/// @param replicas how many of its rung it wants for that
/// @param each tokens a second that one of them computes
/// @param most tokens a second that it expects at most; absent if that is not known
public record Expected(int replicas, TokensPerSecond each, @Nullable TokensPerSecond most) {
  /// What is asked for, by the busiest of the last minutes.
  ///
  /// That minute tells as long as it takes the wanted replicas, and no fewer. Where it takes more,
  /// it is over; where fewer would do, more is about to come. Then as much counts as is expected,
  /// of what those replicas compute and one fewer does not.
  public TokensPerSecond over(TokensPerSecond busiest) {
    long asked = busiest.thousandths();
    long computed = Math.multiplyExact(each.thousandths(), (long) replicas);
    long fewer = computed - each.thousandths();
    if (most == null || computed <= 0 || (asked > fewer && asked <= computed)) {
      return busiest;
    }
    return new TokensPerSecond(Math.clamp(most.thousandths(), fewer, computed));
  }
}
