package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.Nullable;

/// One entry of the ledger: written once, never changed, chained to the one before.
///
/// @param seq its number, from 1 on without gaps
/// @param atMicros when it was made, as microseconds since 1970; for people, decides nothing
/// @param gateway that wrote it
/// @param hold that it is about; 0 for those about none, and for reservations, whose number it is
/// @param micros held (reserve, extend), charged (settle), freed (void, expire), corrected
/// @param key idempotency key of a reservation or a correction
/// @param bounds accounts and limits, as [Bounds] writes them: of a reservation, and of what
///     changes or corrects them
/// @param text fingerprint of a reservation, reason of a correction
/// @param lifetimeMillis of a hold
/// @param line the usage line written with it
/// @param lineDigest of that line
/// @param hash over the entry before and this one's own fields
record Entry(
    long seq,
    EntryKind kind,
    long atMicros,
    String gateway,
    long hold,
    long micros,
    @Nullable String key,
    @Nullable String bounds,
    @Nullable String text,
    @Nullable Long priceVersion,
    @Nullable Long lifetimeMillis,
    @Nullable String line,
    @Nullable Digest lineDigest,
    Digest hash) {

  /// The name of the hold that this entry is about.
  long holdName() {
    return kind == EntryKind.RESERVE ? seq : hold;
  }

  /// The state that this entry leaves its hold in.
  HoldState state() {
    return kind.leaves();
  }

  /// The hold that this entry ends, if it ends one.
  @Nullable Long ending() {
    return kind.leaves() == HoldState.OPEN ? null : Long.valueOf(hold);
  }

  /// The hold that this entry refunds, if it refunds one.
  @Nullable Long refunding() {
    return kind == EntryKind.REFUND ? Long.valueOf(hold) : null;
  }

  Entry withHash(Digest sealed) {
    return new Entry(
        seq,
        kind,
        atMicros,
        gateway,
        hold,
        micros,
        key,
        bounds,
        text,
        priceVersion,
        lifetimeMillis,
        line,
        lineDigest,
        sealed);
  }
}
