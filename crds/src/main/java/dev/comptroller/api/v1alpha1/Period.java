package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// The calendar period that a budget covers, in its time zone.
public enum Period {
  /// From full hour to full hour.
  @JsonProperty("Hour")
  HOUR,
  /// From midnight to midnight.
  @JsonProperty("Day")
  DAY,
  /// From Monday to Monday.
  @JsonProperty("Week")
  WEEK,
  /// From the first to the first.
  @JsonProperty("Month")
  MONTH
}
