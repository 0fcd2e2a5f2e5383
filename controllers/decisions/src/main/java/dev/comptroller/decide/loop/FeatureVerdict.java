package dev.comptroller.decide.loop;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What happens to the requests of a feature.
///
/// @param name the feature
/// @param action what happens
/// @param exhausted whether its amount is used up
/// @param reason why, as one word in CamelCase
/// @param message one sentence with the figures
/// @param until when that ends at the latest; absent if nothing happens or nobody knows
public record FeatureVerdict(
    String name,
    Action action,
    boolean exhausted,
    String reason,
    String message,
    @Nullable Instant until) {
  /// What happens, mildest first.
  public enum Action {
    /// They are answered.
    Admit,
    /// They are answered, though its amount is used up: the budget is soft.
    Warn,
    /// They wait in the queue.
    Queue,
    /// They share a limited number of tokens a minute, by priority.
    Throttle,
    /// They are refused by deployments that serve a lower rung, which the feature does not accept.
    RefuseDowngraded,
    /// They are refused.
    Refuse
  }
}
