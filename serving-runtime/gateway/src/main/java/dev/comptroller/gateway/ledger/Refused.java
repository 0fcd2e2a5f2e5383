package dev.comptroller.gateway.ledger;

/// An account has no room for what was asked: `spent + held + asked > limit`.
///
/// Nothing is written for a refusal, so the same key may be reserved later.
///
/// @param account the first, outermost account without room
public record Refused(
    Account account, long limitMicros, long spentMicros, long heldMicros, long askedMicros)
    implements Reserved, Extended {
  /// What the account still has; 0 when it is over its limit.
  public long leftMicros() {
    return Math.max(0, limitMicros - spentMicros - heldMicros);
  }
}
