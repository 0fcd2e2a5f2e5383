package dev.comptroller.gateway.ledger;

import java.util.Locale;

/// What an entry of the ledger does.
enum EntryKind {
  /// Opens a hold; its number is the hold's name.
  RESERVE,
  /// Adds to a hold and begins its lifetime anew.
  EXTEND,
  /// Ends a hold with a charge.
  SETTLE,
  /// Ends a hold without one.
  VOID,
  /// Ends a hold without one, because its lifetime passed.
  EXPIRE,
  /// Books measured cost less charges.
  TRUE_UP,
  /// Gives back a settled charge.
  REFUND,
  /// Seals a usage line that had no hold.
  LINE;

  private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /// The word in the ledger's rows.
  String word() {
    return word;
  }

  /// The state that such an entry leaves its hold in.
  HoldState leaves() {
    return switch (this) {
      case SETTLE -> HoldState.SETTLED;
      case VOID -> HoldState.VOIDED;
      case EXPIRE -> HoldState.EXPIRED;
      case RESERVE, EXTEND, TRUE_UP, REFUND, LINE -> HoldState.OPEN;
    };
  }

  static EntryKind of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
