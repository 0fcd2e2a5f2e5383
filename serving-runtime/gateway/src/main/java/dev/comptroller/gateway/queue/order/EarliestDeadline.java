package dev.comptroller.gateway.queue.order;

import java.util.List;

/// Shares free slots between requests whose clients wait and items of batches, by deadline.
public final class EarliestDeadline {
  private EarliestDeadline() {}

  /// How many of the slots go to whom.
  ///
  /// @param waiting to the earliest requests whose clients wait
  /// @param items to the earliest items of batches
  public record Share(int waiting, int items) {}

  /// Gives slots to the earliest deadlines; at equal deadlines to clients that wait.
  ///
  /// @param waiting deadlines, ascending
  /// @param items deadlines, ascending
  public static Share of(int slots, List<Long> waiting, List<Long> items) {
    int w = 0;
    int i = 0;
    while (w + i < slots && (w < waiting.size() || i < items.size())) {
      if (i == items.size() || (w < waiting.size() && waiting.get(w) <= items.get(i))) {
        w++;
      } else {
        i++;
      }
    }
    return new Share(w, i);
  }
}
