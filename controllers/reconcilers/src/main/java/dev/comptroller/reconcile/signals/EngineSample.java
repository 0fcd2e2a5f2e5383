package dev.comptroller.reconcile.signals;

import java.time.Instant;

/// The token counters of one replica's engine, as scraped.
///
/// @param uid pod uid
/// @param at when they were read
/// @param promptTokens prompt tokens since the engine started
/// @param generationTokens generated tokens since the engine started
public record EngineSample(String uid, Instant at, long promptTokens, long generationTokens) {}
