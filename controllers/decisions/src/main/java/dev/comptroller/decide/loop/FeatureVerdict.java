package dev.comptroller.decide.loop;

/// What happens to the requests of a feature.
///
/// @param name the feature
/// @param action what happens
/// @param message one sentence with the figures
public record FeatureVerdict(String name, Action action, String message) {
  /// What happens, mildest first.
  public enum Action {
    /// They are answered.
    Admit,
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
