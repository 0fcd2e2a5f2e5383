package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.meter.Usage;
import org.jspecify.annotations.Nullable;

/// What one run of an item came to.
///
/// @param success whether the item did what it was asked
/// @param result the line of the output or error file
/// @param variant that ran it; empty if none did
/// @param replica that ran it; empty if none did
/// @param usage to bill; none for an item that failed
/// @param price version, charge and full price in micro-dollars; absent if no price was posted
/// @param hold of the attempt; absent if the ledger keeps none
/// @param gpuNanos that the replica attributed to it; absent if it did not say
/// @param millis it ran
record Answer(
    boolean success,
    String result,
    String variant,
    String replica,
    Usage usage,
    @Nullable Price price,
    @Nullable Long hold,
    @Nullable Long gpuNanos,
    long millis) {
  /// What it is charged.
  ///
  /// @param version of the posted price
  /// @param charged at the tariff, in micro-dollars
  /// @param full without the tariff, in micro-dollars
  record Price(long version, long charged, long full) {}
}
