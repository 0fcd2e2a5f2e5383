package dev.comptroller.e2e.simulator.autoscale;

import java.util.Arrays;

/// Requests that may wait, oldest first.
///
/// All have the same window, so the oldest is the one whose window ends first. How many came in
/// each span of [#SPAN] seconds is counted along.
final class Backlog {
  /// Seconds of a span.
  static final int SPAN = 900;

  private double[] at = new double[1024];
  private long[] tokens = new long[1024];
  private int head;
  private int size;
  private double answers;
  /* Requests by the span that they came in. */
  private int[] spans = new int[128];
  private int firstSpan;
  private int lastSpan;

  int size() {
    return size;
  }

  /// Tokens of all answers in it.
  double answers() {
    return answers;
  }

  /// Seconds at which the oldest came; infinite if there is none.
  double oldest() {
    return size == 0 ? Double.POSITIVE_INFINITY : at[head];
  }

  int input() {
    return (int) (tokens[head] >>> 32);
  }

  int output() {
    return (int) tokens[head];
  }

  /// The span that the oldest came in; the last one that is known if there is none.
  int firstSpan() {
    while (firstSpan < lastSpan && spans[firstSpan] == 0) {
      firstSpan++;
    }
    return firstSpan;
  }

  /// Requests by the span that they came in, from the span of the oldest on.
  int[] spans() {
    return Arrays.copyOfRange(spans, firstSpan(), lastSpan + 1);
  }

  void add(double time, int input, int output) {
    grow();
    int index = (head + size++) & (at.length - 1);
    put(index, time, input, output);
  }

  /// Puts one back that was taken too early.
  void addFirst(double time, int input, int output) {
    grow();
    head = (head - 1) & (at.length - 1);
    size++;
    put(head, time, input, output);
  }

  private void put(int index, double time, int input, int output) {
    at[index] = time;
    tokens[index] = (long) input << 32 | output;
    answers += output;
    int span = (int) (time / SPAN);
    if (span >= spans.length) {
      spans = Arrays.copyOf(spans, 2 * span);
    }
    spans[span]++;
    firstSpan = Math.min(firstSpan, span);
    lastSpan = Math.max(lastSpan, span);
  }

  void remove() {
    answers -= output();
    spans[(int) (at[head] / SPAN)]--;
    head = (head + 1) & (at.length - 1);
    size--;
  }

  private void grow() {
    if (size < at.length) {
      return;
    }
    int length = at.length;
    double[] times = Arrays.copyOf(at, 2 * length);
    long[] counts = Arrays.copyOf(tokens, 2 * length);
    for (int i = 0; i < length; i++) {
      times[i] = at[(head + i) & (length - 1)];
      counts[i] = tokens[(head + i) & (length - 1)];
    }
    at = times;
    tokens = counts;
    head = 0;
  }
}
