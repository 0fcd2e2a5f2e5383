package dev.comptroller.decide.budget;

/// The calendar unit that a budget's amount is for; weeks start on Monday.
public enum Period {
  /// From a full hour on the local clock to the next.
  Hour,
  /// From local midnight to the next.
  Day,
  /// From Monday's start to the next Monday's.
  Week,
  /// From the first of a month to the first of the next.
  Month
}
