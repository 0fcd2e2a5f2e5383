package dev.comptroller.decide.rollout;

import java.time.Instant;

/// What a failed change leaves: when it may be tried again.
///
/// @param variant the variant that could not be reached
/// @param attempt how many tries failed
/// @param until when the next one may begin
/// @param reason why the last one failed, in CamelCase
/// @param message why, with numbers
public record BackOff(String variant, int attempt, Instant until, String reason, String message) {}
