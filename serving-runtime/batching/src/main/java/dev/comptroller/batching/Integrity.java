package dev.comptroller.batching;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The batcher's invariants as a check; the oracle of the property tests.
public final class Integrity {
  private Integrity() {}

  /// Every violated invariant as a sentence; empty when all hold.
  public static List<String> check(KvLedger ledger) {
    List<String> violations = new ArrayList<>();
    int sum = 0;
    for (var holder : ledger.holders().entrySet()) {
      sum += holder.getValue();
      if (holder.getValue() < 1) {
        violations.add("sequence " + holder.getKey() + " holds " + holder.getValue() + " cells");
      }
    }
    if (sum != ledger.used()) {
      violations.add("holders have " + sum + " cells, the ledger counts " + ledger.used());
    }
    if (ledger.used() > ledger.total()) {
      violations.add(ledger.used() + " cells used of " + ledger.total());
    }
    return violations;
  }

  /// Every violated invariant of a batcher between two steps; empty when all hold.
  public static List<String> check(Batcher batcher) {
    List<String> violations = new ArrayList<>(check(batcher.ledger()));
    Set<Integer> slots = new HashSet<>(batcher.freeSlots());
    int slotCount = slots.size();
    for (Sequence sequence : batcher.runningSequences()) {
      slots.add(sequence.slot);
      slotCount++;
      int held = batcher.ledger().held(sequence.id);
      if (held < sequence.computed || held > sequence.known()) {
        violations.add(
            "sequence %d holds %d cells, has %d computed and %d known tokens"
                .formatted(sequence.id, held, sequence.computed, sequence.known()));
      }
      if (sequence.behind() < 1) {
        violations.add("sequence " + sequence.id + " runs but lacks nothing");
      }
      if (sequence.known() - sequence.promptTokens >= sequence.maxTokens) {
        violations.add("sequence " + sequence.id + " is past its last token");
      }
    }
    if (slots.size() != slotCount || slotCount != batcher.limits().maxSequences()) {
      violations.add("slots are lost or shared: " + slotCount + " counted, " + slots.size());
    }
    if (batcher.ledger().holders().size() != batcher.running()) {
      violations.add(
          batcher.ledger().holders().size() + " holders, " + batcher.running() + " running");
    }
    return violations;
  }
}
