package dev.comptroller.gateway.queue;

import java.time.Instant;
import java.util.List;

/// How much is in the queue.
///
/// @param at when it was counted
/// @param rows by model and state, of items that are not over
/// @param waiting requests whose clients wait
/// @param saved by payer and model, of items that are billed
record Depth(Instant at, List<Row> rows, int waiting, List<Saved> saved) {
  Depth {
    rows = List.copyOf(rows);
    saved = List.copyOf(saved);
  }

  /// Items of one model in one state.
  record Row(String model, String state, long items, Instant oldestDeadline) {}

  /// Money of one payer for one model, in micro-dollars.
  record Saved(String payer, String model, long items, long charged, long full) {}
}
