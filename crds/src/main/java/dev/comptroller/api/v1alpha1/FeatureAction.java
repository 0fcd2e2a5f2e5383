package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// What happens to the requests of a feature, mildest first.
public enum FeatureAction {
  /// They are answered.
  @JsonProperty("Admit")
  ADMIT,
  /// They are answered, though its amount is used up: the budget is Soft.
  @JsonProperty("Warn")
  WARN,
  /// They wait in the queue.
  @JsonProperty("Queue")
  QUEUE,
  /// They share the tokens of the throttle.
  @JsonProperty("Throttle")
  THROTTLE,
  /// Deployments that serve a lower variant refuse them.
  @JsonProperty("RefuseDowngraded")
  REFUSE_DOWNGRADED,
  /// They are refused.
  @JsonProperty("Refuse")
  REFUSE
}
