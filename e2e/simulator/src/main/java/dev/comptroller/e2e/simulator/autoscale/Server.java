package dev.comptroller.e2e.simulator.autoscale;

import java.util.Arrays;

/// One replica that serves by continuous batching, step by step.
///
/// 1. When a step begins, waiting requests are taken in their order while there is a sequence
///    free and the cache has room for the whole request. Requests that may wait fill what is
///    left over, and go back to the backlog, with nothing to show, when one that may not waits
///    for a sequence.
/// 2. A step computes one token of every answer under way and, with what is left of its budget,
///    the prompts in their order, those of requests that may wait last.
/// 3. It takes what the machine's cost says. A request has its first token at the end of the
///    step that ends its prompt, and one more with every step from then on.
///
/// A step costs the same to simulate whatever is in it: answers are filed by the step that ends
/// them.
final class Server {
  private final Machine machine;
  private final Score score;
  private final Backlog backlog;
  private final int places;
  /* Sequences that requests that may wait leave free for the others. */
  private final int kept;
  private final double[] roots;
  private final double perToken;
  private final double perKvToken;
  private final int maxTokens;
  private final long maxKv;

  /* By sequence. */
  private final double[] at;
  private final double[] first;
  private final int[] input;
  private final int[] output;
  private final int[] computed;
  private final boolean[] batch;
  private final int[] ends;
  private final int[] next;
  private final int[] free;
  private int freeCount;
  /* Sequences by the step that ends them, as lists; a power of two above the longest answer. */
  private final int[] bucket;
  /* Prompts under way, oldest first: those that may not wait, and the others. */
  private final int[] prompts;
  private int promptHead;
  private int promptCount;
  private final int[] batchPrompts;
  private int batchPromptHead;
  private int batchPromptCount;
  /* Sequences whose prompt ends with this step. */
  private final int[] ready;
  private int readyCount;

  private final double[] waitingAt;
  private final long[] waitingTokens;
  private int waitingHead;
  private int waiting;

  private int step;
  private int running;
  private int batchRunning;
  private int answering;
  private int chunk;
  private long kv;
  private long reserved;
  private boolean closed;
  private double lastEnd;

  /* When the running step ends; infinite while nothing runs. */
  private double end = Double.POSITIVE_INFINITY;
  /* Requests taken and not finished that may not wait, and their prompts' tokens. */
  private int outstanding;
  private long outstandingTokens;
  /* Where the fleet keeps its replicas' ends and loads side by side. */
  private Board board = new Board(1);
  private int place;

  /// When the steps of replicas end and how loaded they are, side by side.
  @SuppressWarnings("ArrayRecordComponent")
  record Board(double[] ends, long[] loads) {
    Board(int size) {
      this(new double[size], new long[size]);
    }
  }

  Server(Machine machine, Score score, Backlog backlog, int longestAnswer) {
    this.machine = machine;
    this.score = score;
    this.backlog = backlog;
    places = machine.limits().maxSequences();
    kept = places / 8;
    maxTokens = (int) machine.limits().maxBatchedTokens();
    maxKv = (long) machine.limits().kvTokens();
    perToken = machine.cost().perToken();
    perKvToken = machine.cost().perKvToken();
    at = new double[places];
    first = new double[places];
    input = new int[places];
    output = new int[places];
    computed = new int[places];
    batch = new boolean[places];
    ends = new int[places];
    next = new int[places];
    free = new int[places];
    freeCount = places;
    for (int i = 0; i < places; i++) {
      free[i] = places - 1 - i;
    }
    bucket = new int[Integer.highestOneBit(longestAnswer) * 2];
    Arrays.fill(bucket, -1);
    int ring = Integer.highestOneBit(places) * 2;
    prompts = new int[ring];
    batchPrompts = new int[ring];
    ready = new int[places];
    int queue = Integer.highestOneBit(machine.maxQueued()) * 2;
    waitingAt = new double[queue];
    waitingTokens = new long[queue];
    roots = new double[places + 1];
    for (int n = 1; n <= places; n++) {
      roots[n] = machine.cost().fixed() + machine.cost().perRootSequence() * Math.sqrt(n);
    }
  }

  /// Tells its end and its load at a place of a board from now on.
  void show(Board on, int at) {
    board = on;
    place = at;
    show();
  }

  private void show() {
    board.ends[place] = end;
    board.loads[place] = (long) outstanding << 40 | outstandingTokens << 8 | place;
  }

  /// Requests taken and not finished that may not wait.
  int outstanding() {
    return outstanding;
  }

  /// Takes a request; false if its queue is full. Steps that end by `now` must have been run.
  boolean offer(double now, int in, int out) {
    if (waiting >= machine.maxQueued()) {
      return false;
    }
    int index = (waitingHead + waiting++) & (waitingAt.length - 1);
    waitingAt[index] = now;
    waitingTokens[index] = (long) in << 32 | out;
    outstanding++;
    outstandingTokens += in;
    if (running == 0) {
      begin(now);
    }
    show();
    return true;
  }

  /// Looks at the backlog if it has nothing to do.
  void wake(double now) {
    if (running == 0) {
      begin(now);
      show();
    }
  }

  /// Runs every step that ends by `until`.
  void advance(double until) {
    if (end <= until) {
      do {
        double now = end;
        finish(now);
        begin(now);
      } while (end <= until);
      show();
    }
  }

  /// Takes no more from the backlog and gives back what it has of it.
  void close() {
    closed = true;
    evictAll();
  }

  boolean isEmpty() {
    return running == 0 && waiting == 0;
  }

  /// When it ended its last step.
  double lastEnd() {
    return lastEnd;
  }

  int waiting() {
    return waiting;
  }

  /// Sequences of requests that may not wait.
  int interactive() {
    return running - batchRunning;
  }

  int batchRunning() {
    return batchRunning;
  }

  /// Part of the cache that is in use.
  double kvUse() {
    return kv / machine.limits().kvTokens();
  }

  private void begin(double now) {
    admit();
    if (running == 0) {
      end = Double.POSITIVE_INFINITY;
      return;
    }
    int budget = maxTokens - answering;
    readyCount = 0;
    chunk = 0;
    int touched = answering;
    while (promptCount > 0 && budget > chunk) {
      touched++;
      if (!compute(prompts[promptHead], budget)) {
        break;
      }
      promptHead = (promptHead + 1) & (prompts.length - 1);
      promptCount--;
    }
    while (batchPromptCount > 0 && budget > chunk) {
      touched++;
      if (!compute(batchPrompts[batchPromptHead], budget)) {
        break;
      }
      batchPromptHead = (batchPromptHead + 1) & (batchPrompts.length - 1);
      batchPromptCount--;
    }
    end = now + roots[touched] + perToken * (answering + chunk) + perKvToken * kv;
  }

  /// Computes what the budget allows of a prompt; true if that ends it.
  private boolean compute(int slot, int budget) {
    int take = Math.min(budget - chunk, input[slot] - computed[slot]);
    computed[slot] += take;
    chunk += take;
    if (computed[slot] < input[slot]) {
      return false;
    }
    ready[readyCount++] = slot;
    return true;
  }

  private void admit() {
    while (waiting > 0) {
      int in = (int) (waitingTokens[waitingHead] >>> 32);
      int out = (int) waitingTokens[waitingHead];
      if (!hasRoom(in + out) && !makeRoom(in + out)) {
        return;
      }
      int slot = take(waitingAt[waitingHead], in, out, false);
      prompts[(promptHead + promptCount++) & (prompts.length - 1)] = slot;
      waitingHead = (waitingHead + 1) & (waitingAt.length - 1);
      waiting--;
    }
    while (!closed
        && backlog.size() > 0
        && running < places - kept
        && hasRoom(backlog.input() + backlog.output())) {
      int slot = take(backlog.oldest(), backlog.input(), backlog.output(), true);
      batchPrompts[(batchPromptHead + batchPromptCount++) & (batchPrompts.length - 1)] = slot;
      backlog.remove();
      batchRunning++;
    }
  }

  private boolean hasRoom(int tokens) {
    return running < places && reserved + tokens <= maxKv;
  }

  /// Gives back the youngest requests that may wait until there is room; false if that is not
  /// enough.
  private boolean makeRoom(int tokens) {
    while (batchRunning > 0 && !hasRoom(tokens)) {
      int youngest = -1;
      for (int slot = 0; slot < places; slot++) {
        if (output[slot] > 0 && batch[slot] && (youngest < 0 || cached(slot) < cached(youngest))) {
          youngest = slot;
        }
      }
      evict(youngest);
    }
    return hasRoom(tokens);
  }

  private void evictAll() {
    for (int slot = 0; slot < places && batchRunning > 0; slot++) {
      if (output[slot] > 0 && batch[slot]) {
        evict(slot);
      }
    }
  }

  private void evict(int slot) {
    if (ends[slot] >= 0) {
      unlink(slot);
      answering--;
    } else {
      removePrompt(slot);
      removeReady(slot);
    }
    kv -= cached(slot);
    backlog.addFirst(at[slot], input[slot], output[slot]);
    batchRunning--;
    release(slot);
  }

  /// Tokens of a sequence that the cache holds.
  private int cached(int slot) {
    return ends[slot] < 0
        ? computed[slot]
        : input[slot] + output[slot] - 1 - ((ends[slot] - step) & (bucket.length - 1));
  }

  private void removePrompt(int slot) {
    int kept = 0;
    for (int i = 0; i < batchPromptCount; i++) {
      int other = batchPrompts[(batchPromptHead + i) & (batchPrompts.length - 1)];
      if (other != slot) {
        batchPrompts[(batchPromptHead + kept++) & (batchPrompts.length - 1)] = other;
      }
    }
    batchPromptCount = kept;
  }

  private void removeReady(int slot) {
    for (int i = 0; i < readyCount; i++) {
      if (ready[i] == slot) {
        ready[i--] = ready[--readyCount];
      }
    }
  }

  private int take(double time, int in, int out, boolean mayWait) {
    int slot = free[--freeCount];
    at[slot] = time;
    input[slot] = in;
    output[slot] = out;
    computed[slot] = 0;
    batch[slot] = mayWait;
    ends[slot] = -1;
    running++;
    reserved += in + out;
    return slot;
  }

  private void release(int slot) {
    reserved -= input[slot] + output[slot];
    output[slot] = 0;
    free[freeCount++] = slot;
    running--;
  }

  private void finish(double now) {
    lastEnd = now;
    kv += answering + chunk;
    step = (step + 1) & (bucket.length - 1);
    int slot = bucket[step];
    bucket[step] = -1;
    while (slot >= 0) {
      int after = next[slot];
      answering--;
      done(slot, now);
      slot = after;
    }
    for (int i = 0; i < readyCount; i++) {
      int started = ready[i];
      first[started] = now;
      if (output[started] == 1) {
        done(started, now);
      } else {
        answering++;
        link(started, (step + output[started] - 1) & (bucket.length - 1));
      }
    }
    readyCount = 0;
    chunk = 0;
  }

  private void done(int slot, double now) {
    kv -= input[slot] + output[slot] - 1;
    if (batch[slot]) {
      batchRunning--;
      score.batchServed(at[slot], now, output[slot]);
    } else {
      outstanding--;
      outstandingTokens -= input[slot];
      score.served(at[slot], first[slot], now, output[slot]);
    }
    release(slot);
  }

  private void link(int slot, int index) {
    ends[slot] = index;
    next[slot] = bucket[index];
    bucket[index] = slot;
  }

  private void unlink(int slot) {
    int index = ends[slot];
    if (bucket[index] == slot) {
      bucket[index] = next[slot];
      return;
    }
    int before = bucket[index];
    while (next[before] != slot) {
      before = next[before];
    }
    next[before] = next[slot];
  }
}
