package dev.comptroller.batching;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/// Continuous batching: decides for every step which sequences compute how many tokens.
///
/// One step:
///
/// 1. Sequences that lack one token get it, oldest first. Each needs one more cell; when none is
///    free, the youngest running sequence is preempted: it gives up slot and cells and goes back to
///    the head of the queue, to be computed again from what is known.
/// 2. Sequences that lack more get as many as the step's token limit leaves, oldest first, so that
///    a long prompt is computed in chunks beside the others.
/// 3. Waiting sequences start in order of arrival while there are slots, tokens and cells: a
///    sequence starts with cells for all its known tokens, if one cell for each running sequence
///    stays free.
///
/// What holds at every instant: a plan has at most `maxBatchedTokens` tokens and `maxSequences`
/// slices; cells held never exceed the ledger; a sequence starts only when everybody who came
/// before has started; the oldest sequence always makes progress, so every sequence ends.
///
/// Not thread-safe; `plan` and `complete` alternate.
public final class Batcher {
  private final BatchLimits limits;
  private final int contextLength;
  private final KvLedger ledger;
  /* By arrival; the waiting ones all came after the running ones, because starting is first come,
   * first served and preemption takes the youngest. */
  private final List<Sequence> running = new ArrayList<>();
  private final Deque<Sequence> waiting = new ArrayDeque<>();
  private final TreeSet<Integer> freeSlots = new TreeSet<>();
  private final TreeSet<Integer> toClear = new TreeSet<>();
  private List<Slice> planned = List.of();
  private long preemptions;

  /// A batcher over a number of cells.
  ///
  /// @param kvCells tokens that all sequences together may keep
  /// @param contextLength the most tokens of one sequence, at most `kvCells`
  public Batcher(BatchLimits limits, int kvCells, int contextLength) {
    if (contextLength < 2 || contextLength > kvCells) {
      throw new IllegalArgumentException(
          "contextLength is " + contextLength + "; allowed: 2 to kvCells (" + kvCells + ")");
    }
    this.limits = limits;
    this.contextLength = contextLength;
    this.ledger = new KvLedger(kvCells);
    for (int slot = 0; slot < limits.maxSequences(); slot++) {
      freeSlots.add(slot);
    }
  }

  /// Takes a sequence into the queue.
  ///
  /// @param sequence an id that is not in use
  /// @param maxTokens the most tokens to generate
  public Admission add(long sequence, TokenIds prompt, int maxTokens, long nowNanos) {
    if (prompt.size() == 0 || maxTokens < 1) {
      throw new IllegalArgumentException(
          "Sequence " + sequence + ": " + prompt.size() + " prompt tokens, maxTokens " + maxTokens);
    }
    if (prompt.size() + (long) maxTokens > contextLength) {
      return new Admission.TooLong(prompt.size(), maxTokens, contextLength);
    }
    if (waiting.size() >= limits.maxQueued() + freeSlots.size()) {
      return new Admission.QueueFull(waiting.size(), limits.maxQueued());
    }
    waiting.addLast(new Sequence(sequence, prompt, maxTokens, nowNanos));
    return new Admission.Queued();
  }

  /// Drops a sequence, running or waiting.
  ///
  /// @return whether it was there
  public boolean abort(long sequence) {
    requireNoPlan();
    for (Sequence candidate : running) {
      if (candidate.id == sequence) {
        leave(candidate);
        running.remove(candidate);
        return true;
      }
    }
    return waiting.removeIf(candidate -> candidate.id == sequence);
  }

  /// The next step; it is idle only when there are no sequences.
  public StepPlan plan(long nowNanos) {
    requireNoPlan();
    int budget = limits.maxBatchedTokens();
    List<Slice> slices = new ArrayList<>();
    List<Long> preempted = new ArrayList<>();
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      if (sequence.behind() == 1 && makeRoom(sequence, preempted)) {
        slices.add(sequence.slice(1));
        budget--;
      }
    }
    for (Sequence sequence : running) {
      int count = Math.min(sequence.behind(), budget);
      if (sequence.behind() > 1 && count > 0) {
        slices.add(sequence.slice(count));
        budget -= count;
      }
    }
    List<StepPlan.Started> started = new ArrayList<>();
    while (budget > 0 && startNext(nowNanos, started)) {
      Sequence sequence = running.getLast();
      int count = Math.min(sequence.behind(), budget);
      slices.add(sequence.slice(count));
      budget -= count;
    }
    StepPlan plan = new StepPlan(List.copyOf(toClear), started, preempted, slices);
    toClear.clear();
    planned = plan.slices();
    return plan;
  }

  /// Takes what the planned step brought.
  public void complete(StepResult result) {
    Iterator<StepResult.Outcome> outcomes = result.outcomes().iterator();
    List<Slice> slices = planned;
    planned = List.of();
    for (Slice slice : slices) {
      Sequence sequence = find(slice.sequence());
      sequence.computed += slice.count();
      if (slice.samples()) {
        if (!outcomes.hasNext()) {
          throw new IllegalArgumentException("No outcome for sequence " + slice.sequence());
        }
        apply(outcomes.next(), sequence);
      }
    }
    if (outcomes.hasNext()) {
      throw new IllegalArgumentException("An outcome too many: " + outcomes.next());
    }
  }

  /// Sequences that hold a slot.
  public int running() {
    return running.size();
  }

  /// Sequences that wait for one.
  public int waiting() {
    return waiting.size();
  }

  /// Whether there are no sequences.
  public boolean empty() {
    return running.isEmpty() && waiting.isEmpty();
  }

  /// How often a sequence was preempted.
  public long preemptions() {
    return preemptions;
  }

  /// The cells; read only.
  public KvLedger ledger() {
    return ledger;
  }

  List<Sequence> runningSequences() {
    return List.copyOf(running);
  }

  List<Integer> freeSlots() {
    return List.copyOf(freeSlots);
  }

  BatchLimits limits() {
    return limits;
  }

  /* A sequence that lacks one token has cells for all known tokens but perhaps the last. */
  private boolean makeRoom(Sequence sequence, List<Long> preempted) {
    int lacking = sequence.known() - ledger.held(sequence.id);
    while (true) {
      switch (ledger.reserve(sequence.id, lacking)) {
        case Allocation.Granted _ -> {
          return true;
        }
        case Allocation.Exhausted _ -> {
          Sequence victim = running.getLast();
          preempt(victim, preempted);
          if (victim == sequence) {
            return false;
          }
        }
      }
    }
  }

  private void preempt(Sequence victim, List<Long> preempted) {
    leave(victim);
    running.removeLast();
    victim.computed = 0;
    waiting.addFirst(victim);
    preempted.add(victim.id);
    preemptions++;
  }

  private boolean startNext(long nowNanos, List<StepPlan.Started> started) {
    Sequence next = waiting.peekFirst();
    if (next == null || freeSlots.isEmpty()) {
      return false;
    }
    if (!running.isEmpty() && ledger.free() < next.known() + running.size() + 1) {
      return false;
    }
    return switch (ledger.reserve(next.id, next.known())) {
      case Allocation.Exhausted _ -> false;
      case Allocation.Granted _ -> {
        next.slot = freeSlots.removeFirst();
        if (!next.started) {
          next.started = true;
          started.add(new StepPlan.Started(next.id, nowNanos - next.addedNanos));
        }
        running.addLast(waiting.removeFirst());
        yield true;
      }
    };
  }

  private void apply(StepResult.Outcome outcome, Sequence sequence) {
    if (outcome.sequence() != sequence.id) {
      throw new IllegalArgumentException(
          "Expected the outcome of sequence " + sequence.id + ", got " + outcome);
    }
    switch (outcome) {
      case StepResult.Continues(_, int token) -> sequence.append(token);
      case StepResult.Ends _ -> {
        leave(sequence);
        running.remove(sequence);
      }
    }
  }

  private void leave(Sequence sequence) {
    ledger.release(sequence.id);
    freeSlots.add(sequence.slot);
    toClear.add(sequence.slot);
  }

  private Sequence find(long id) {
    for (Sequence sequence : running) {
      if (sequence.id == id) {
        return sequence;
      }
    }
    throw new IllegalStateException("Sequence " + id + " is planned but does not run");
  }

  private void requireNoPlan() {
    if (!planned.isEmpty()) {
      throw new IllegalStateException("The last plan is not complete");
    }
  }
}
