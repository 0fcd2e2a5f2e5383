package dev.comptroller.batching;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// The sequences of one class, running and waiting.
final class Lane {
  /* Both by arrival; the waiting ones all came after the running ones, because starting is first
   * come, first served and preemption takes the youngest. */
  final List<Sequence> running = new ArrayList<>();
  final Deque<Sequence> waiting = new ArrayDeque<>();
  long preemptions;

  /// All of them.
  int size() {
    return running.size() + waiting.size();
  }

  /// Cells that its running sequences hold.
  int held(KvLedger ledger) {
    int cells = 0;
    for (Sequence sequence : running) {
      cells += ledger.held(sequence.id);
    }
    return cells;
  }
}
