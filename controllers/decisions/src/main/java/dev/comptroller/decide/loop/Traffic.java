package dev.comptroller.decide.loop;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What the gateway does about the requests of a namespace.
///
/// @param queueBatch whether what may wait goes to the queue
/// @param maxOutputTokens output tokens of a request at most; absent: no cap
/// @param tokensPerMinute tokens a minute that are admitted; absent: no limit
/// @param suspended whether nothing is admitted
/// @param why one sentence with the figures; empty if nothing is done
/// @param until when it is expected to end; absent if nothing is done or nobody knows
public record Traffic(
    boolean queueBatch,
    @Nullable Long maxOutputTokens,
    @Nullable Long tokensPerMinute,
    boolean suspended,
    String why,
    @Nullable Instant until) {
  /// Everything is admitted.
  public static final Traffic OPEN = new Traffic(false, null, null, false, "", null);
}
