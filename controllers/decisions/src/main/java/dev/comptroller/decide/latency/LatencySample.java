package dev.comptroller.decide.latency;

import java.time.Instant;

/// What a replica shows of the latencies of its interactive requests.
///
/// @param pod uid of its pod
/// @param at when it was read
/// @param first from a request's arrival to its first token
/// @param pace from one token to the next, on average over an answer, or token by token
public record LatencySample(String pod, Instant at, Histogram first, Histogram pace) {}
