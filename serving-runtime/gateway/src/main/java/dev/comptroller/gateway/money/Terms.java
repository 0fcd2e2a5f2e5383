package dev.comptroller.gateway.money;

import dev.comptroller.gateway.ledger.Bound;
import java.util.List;
import java.util.function.Supplier;

/// What is known of a request's money before it runs.
///
/// @param key of its holds in the ledger, without the number of the try
/// @param fingerprint of its content
/// @param bounds the accounts it counts on with the limits in force at the moment of asking
/// @param whole whether its worst case is held at once: by the owner's choice, or because an answer
///     that is not a stream cannot be stopped halfway
/// @param shrinks whether a whole hold may be smaller than was asked for, with less output
/// @param inputBound input tokens that it cannot exceed
/// @param output the most output tokens of each answer
/// @param sequences how many answers are computed
public record Terms(
    String key,
    String fingerprint,
    Supplier<List<Bound>> bounds,
    boolean whole,
    boolean shrinks,
    long inputBound,
    long output,
    int sequences) {}
