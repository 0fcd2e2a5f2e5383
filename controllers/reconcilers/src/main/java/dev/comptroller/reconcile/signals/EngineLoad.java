package dev.comptroller.reconcile.signals;

import dev.comptroller.protocol.Names;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// What one replica's engine works on, and how its requests ended, as scraped.
///
/// @param at when it was read
/// @param inFlight requests that run or wait
/// @param waiting of these, those that wait and whose class is not `batch`
/// @param interactive requests that run or wait and whose class is not `batch`
/// @param answered requests that ended well since the engine started
/// @param errors requests that ended in error since the engine started
public record EngineLoad(
    Instant at, long inFlight, long waiting, long interactive, long answered, long errors) {
  private static final String ENDED = "vllm:request_success_total";
  private static final String BATCH = "class=\"%s\"".formatted(Names.CLASS_BATCH);

  /// Reads `text`; nothing if what runs or waits is missing or no number.
  static Optional<EngineLoad> read(Instant at, String text) {
    OptionalLong running = Exposition.counter(text, "vllm:num_requests_running");
    OptionalLong waiting = Exposition.counter(text, "vllm:num_requests_waiting");
    if (running.isEmpty() || waiting.isEmpty()) {
      return Optional.empty();
    }
    // Work that gave way waits for what interactive requests leave over.
    long batch = Exposition.counter(text, "comptroller_waiting", BATCH).orElse(0);
    long runs = Exposition.counter(text, "comptroller_running", BATCH).orElse(0);
    long all = running.getAsLong() + waiting.getAsLong();
    long ended = Exposition.counter(text, ENDED).orElse(0);
    long errors = Exposition.counter(text, ENDED, "finished_reason=\"error\"").orElse(0);
    return Optional.of(
        new EngineLoad(
            at,
            all,
            Math.max(0, waiting.getAsLong() - batch),
            Math.max(0, all - batch - runs),
            ended - errors,
            errors));
  }
}
