package dev.comptroller.batching;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/// Continuous batching: decides for every step which sequences compute how many tokens.
///
/// One step:
///
/// 1. Interactive sequences that lack one token get it, oldest first. Each needs one more cell;
///    when none is free, the youngest running sequence is preempted, batch before interactive: it
///    gives up slot and cells and goes back to the head of its queue, to be computed again from
///    what is known.
/// 2. Interactive sequences that lack more get as many as the step's token limit leaves, oldest
///    first, so that a long prompt is computed in chunks beside the others.
/// 3. Waiting interactive sequences start in order of arrival while there are tokens, slots and
///    cells: a sequence starts with cells for all its known tokens, if one cell for each running
///    interactive sequence stays free. Slots and cells of batch sequences count as free: the
///    youngest of these are preempted for it, if that is enough.
/// 4. Batch sequences do the same with what is left, unless an interactive sequence works towards
///    its first token in this step: then batch work waits, so as not to lengthen it. Batch never
///    preempts interactive, starts only when no interactive sequence waits, and computes no more
///    tokens than [BatchPace] allows.
///
/// What holds at every instant: a plan has at most `maxBatchedTokens` tokens and `maxSequences`
/// slices; cells held never exceed the ledger; a sequence starts only when everybody of its class
/// who came before has started; while a batch sequence runs, no interactive one waits for a slot or
/// for cells that batch sequences hold; the oldest interactive sequence always makes progress, and
/// while there are none some batch sequence does, so every sequence ends if interactive work pauses
/// for long enough. How long batch work may be put off is decided elsewhere: [RequestClass#BATCH].
///
/// Not thread-safe; `plan` and `complete` alternate.
public final class Batcher {
  private final BatchLimits limits;
  private final int contextLength;
  private final KvLedger ledger;
  private final BatchPace pace;
  private final Lane interactive = new Lane();
  private final Lane batch = new Lane();
  private final TreeSet<Integer> freeSlots = new TreeSet<>();
  private final TreeSet<Integer> toClear = new TreeSet<>();
  private List<Slice> planned = List.of();
  private int plannedBatchTokens;

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
    this.pace =
        new BatchPace(limits.maxSequences(), limits.maxBatchedTokens(), limits.batchStepNanos());
    for (int slot = 0; slot < limits.maxSequences(); slot++) {
      freeSlots.add(slot);
    }
  }

  /// Takes a sequence into the queue of its class.
  ///
  /// @param sequence an id that is not in use
  /// @param maxTokens the most tokens to generate
  public Admission add(
      long sequence, RequestClass requestClass, TokenIds prompt, int maxTokens, long nowNanos) {
    if (prompt.size() == 0 || maxTokens < 1) {
      throw new IllegalArgumentException(
          "Sequence " + sequence + ": " + prompt.size() + " prompt tokens, maxTokens " + maxTokens);
    }
    if (prompt.size() + (long) maxTokens > contextLength) {
      return new Admission.TooLong(prompt.size(), maxTokens, contextLength);
    }
    Lane lane = lane(requestClass);
    if (lane.size() >= limits.places()) {
      return new Admission.QueueFull(lane.waiting.size(), limits.maxQueued());
    }
    lane.waiting.addLast(new Sequence(sequence, requestClass, prompt, maxTokens, nowNanos));
    return new Admission.Queued();
  }

  /// Drops a sequence, running or waiting.
  ///
  /// @return whether it was there
  public boolean abort(long sequence) {
    requireNoPlan();
    return abort(interactive, sequence) || abort(batch, sequence);
  }

  /// The next step; it is idle only when there are no sequences.
  public StepPlan plan(long nowNanos) {
    requireNoPlan();
    Step step = new Step(nowNanos, limits.maxBatchedTokens());
    advance(interactive, step);
    while (step.left > 0 && startInteractive(step)) {
      step.take(interactive.running.getLast());
    }
    plannedBatchTokens = step.catchesUp ? 0 : planBatch(step);
    StepPlan plan = new StepPlan(List.copyOf(toClear), step.started, step.preempted, step.slices);
    toClear.clear();
    planned = plan.slices();
    return plan;
  }

  /// Takes what the planned step brought.
  ///
  /// @param stepNanos how long it took
  public void complete(StepResult result, long stepNanos) {
    pace.took(plannedBatchTokens, stepNanos);
    complete(result);
  }

  /// Takes what the planned step brought, however long it took.
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

  /// Sequences of a class that hold a slot.
  public int running(RequestClass requestClass) {
    return lane(requestClass).running.size();
  }

  /// Sequences of a class that wait for one.
  public int waiting(RequestClass requestClass) {
    return lane(requestClass).waiting.size();
  }

  /// How often a sequence of a class was preempted.
  public long preemptions(RequestClass requestClass) {
    return lane(requestClass).preemptions;
  }

  /// Sequences that hold a slot.
  public int running() {
    return interactive.running.size() + batch.running.size();
  }

  /// Sequences that wait for one.
  public int waiting() {
    return interactive.waiting.size() + batch.waiting.size();
  }

  /// Whether there are no sequences.
  public boolean empty() {
    return running() == 0 && waiting() == 0;
  }

  /// The cells; read only.
  public KvLedger ledger() {
    return ledger;
  }

  List<Sequence> runningSequences() {
    List<Sequence> all = new ArrayList<>(interactive.running);
    all.addAll(batch.running);
    return all;
  }

  List<Integer> freeSlots() {
    return List.copyOf(freeSlots);
  }

  BatchLimits limits() {
    return limits;
  }

  private int planBatch(Step step) {
    int allowed = Math.min(step.left, pace.tokens());
    step.left = allowed;
    advance(batch, step);
    while (step.left > 0 && startBatch(step)) {
      step.take(batch.running.getLast());
    }
    return allowed - step.left;
  }

  /* A victim has no slice yet: victims come from the end of the order in which slices are given. */
  private void advance(Lane lane, Step step) {
    for (int i = 0; i < lane.running.size(); i++) {
      Sequence sequence = lane.running.get(i);
      if (sequence.behind() == 1 && step.left > 0 && makeRoom(sequence, step)) {
        step.take(sequence);
      }
    }
    for (Sequence sequence : lane.running) {
      if (sequence.behind() > 1 && step.left > 0) {
        step.take(sequence);
      }
    }
  }

  /* A sequence that lacks one token has cells for all known tokens but perhaps the last. */
  private boolean makeRoom(Sequence sequence, Step step) {
    int lacking = sequence.known() - ledger.held(sequence.id);
    while (true) {
      switch (ledger.reserve(sequence.id, lacking)) {
        case Allocation.Granted _ -> {
          return true;
        }
        case Allocation.Exhausted _ -> {
          if (preemptYoungest(step) == sequence) {
            return false;
          }
        }
      }
    }
  }

  private Sequence preemptYoungest(Step step) {
    Lane lane = batch.running.isEmpty() ? interactive : batch;
    Sequence victim = lane.running.removeLast();
    leave(victim);
    victim.computed = 0;
    lane.waiting.addFirst(victim);
    lane.preemptions++;
    step.preempted.add(victim.id);
    return victim;
  }

  private boolean startInteractive(Step step) {
    Sequence next = interactive.waiting.peekFirst();
    if (next == null || (freeSlots.isEmpty() && batch.running.isEmpty())) {
      return false;
    }
    int beside = interactive.running.size();
    int wanted = next.known() + (beside == 0 ? 0 : beside + 1);
    if (ledger.free() + batch.held(ledger) < wanted) {
      return false;
    }
    while (freeSlots.isEmpty() || ledger.free() < wanted) {
      preemptYoungest(step);
    }
    return start(interactive, step);
  }

  private boolean startBatch(Step step) {
    Sequence next = batch.waiting.peekFirst();
    if (next == null || freeSlots.isEmpty() || !interactive.waiting.isEmpty()) {
      return false;
    }
    if (running() > 0 && ledger.free() < next.known() + running() + 1) {
      return false;
    }
    return start(batch, step);
  }

  private boolean start(Lane lane, Step step) {
    Sequence next = lane.waiting.removeFirst();
    if (!(ledger.reserve(next.id, next.known()) instanceof Allocation.Granted)) {
      throw new IllegalStateException("No cells for sequence " + next.id + ", which may start");
    }
    next.slot = freeSlots.removeFirst();
    if (!next.started) {
      next.started = true;
      step.started.add(
          new StepPlan.Started(next.id, next.requestClass, step.nowNanos - next.addedNanos));
    }
    lane.running.addLast(next);
    return true;
  }

  private boolean abort(Lane lane, long sequence) {
    for (Sequence candidate : lane.running) {
      if (candidate.id == sequence) {
        leave(candidate);
        lane.running.remove(candidate);
        return true;
      }
    }
    return lane.waiting.removeIf(candidate -> candidate.id == sequence);
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
        lane(sequence.requestClass).running.remove(sequence);
      }
    }
  }

  private void leave(Sequence sequence) {
    ledger.release(sequence.id);
    freeSlots.add(sequence.slot);
    toClear.add(sequence.slot);
  }

  private Lane lane(RequestClass requestClass) {
    return switch (requestClass) {
      case INTERACTIVE -> interactive;
      case BATCH -> batch;
    };
  }

  private Sequence find(long id) {
    for (Sequence sequence : interactive.running) {
      if (sequence.id == id) {
        return sequence;
      }
    }
    for (Sequence sequence : batch.running) {
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

  /// A step that is being planned.
  private static final class Step {
    final long nowNanos;
    final List<Slice> slices = new ArrayList<>();
    final List<Long> preempted = new ArrayList<>();
    final List<StepPlan.Started> started = new ArrayList<>();
    int left;
    boolean catchesUp;

    Step(long nowNanos, int tokens) {
      this.nowNanos = nowNanos;
      this.left = tokens;
    }

    void take(Sequence sequence) {
      int count = Math.min(sequence.behind(), left);
      slices.add(sequence.slice(count));
      left -= count;
      catchesUp |= sequence.catchesUp();
    }
  }
}
