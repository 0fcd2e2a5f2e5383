package dev.comptroller.decide.condition;

/// What a chain of checks found: a condition without its history.
///
/// @param type the condition
/// @param status whether it holds
/// @param reason CamelCase
/// @param message one sentence with numbers; steady while the facts are, so that it can be compared
public record Finding(String type, Status status, String reason, String message) {
  /// Whether a condition holds.
  public enum Status {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be said.
    Unknown
  }

  /// It holds.
  public static Finding yes(String type, String reason, String message) {
    return new Finding(type, Status.True, reason, message);
  }

  /// It does not hold.
  public static Finding no(String type, String reason, String message) {
    return new Finding(type, Status.False, reason, message);
  }

  /// It cannot be said.
  public static Finding unknown(String type, String reason, String message) {
    return new Finding(type, Status.Unknown, reason, message);
  }

  /// Whether it holds.
  public boolean holds() {
    return status == Status.True;
  }
}
