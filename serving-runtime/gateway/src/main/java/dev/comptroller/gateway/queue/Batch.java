package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.meter.Usage;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A batch as it is in the database.
///
/// @param sequence of its creation
/// @param completionWindow as the client asked for it
/// @param metadata the client's own, as JSON; absent if there is none
/// @param errors why it failed, as JSON; absent if it did not
/// @param at when it came into each state that it has been in
/// @param outputSeconds how long its files are kept; absent for ever
/// @param promise what was said at submission
/// @param usage of all items that are billed
public record Batch(
    long sequence,
    String id,
    Owner owner,
    String endpoint,
    String inputFile,
    String completionWindow,
    @Nullable String metadata,
    @Nullable String errors,
    BatchState state,
    Instant createdAt,
    Instant deadline,
    Map<BatchState, Instant> at,
    @Nullable Long outputSeconds,
    @Nullable String outputFile,
    @Nullable String errorFile,
    Promise promise,
    int tariffPercent,
    Counts counts,
    Usage usage,
    long chargedMicros,
    long fullMicros) {
  public Batch {
    at = Map.copyOf(at.isEmpty() ? new EnumMap<>(BatchState.class) : new EnumMap<>(at));
  }

  /// What was said at submission about the window.
  ///
  /// @param kept whether it can be kept
  /// @param reason in a sentence with numbers
  /// @param estimated when it will be done; absent if nothing is known
  public record Promise(boolean kept, String reason, @Nullable Instant estimated) {}

  /// Its items by where they are.
  public record Counts(long total, long completed, long failed, long expired, long cancelled) {
    public Counts {
      if (total < 0
          || completed < 0
          || failed < 0
          || expired < 0
          || cancelled < 0
          || completed + failed + expired + cancelled > total) {
        throw new IllegalArgumentException(
            "impossible counts: %d in all, %d completed, %d failed, %d expired, %d cancelled"
                .formatted(total, completed, failed, expired, cancelled));
      }
    }

    /// Items that are not over.
    public long pending() {
      return total - completed - failed - expired - cancelled;
    }
  }
}
