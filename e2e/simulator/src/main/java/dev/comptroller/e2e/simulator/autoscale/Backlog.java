package dev.comptroller.e2e.simulator.autoscale;

import java.util.Arrays;

/// Requests that may wait, oldest first.
///
/// All have the same window, so the oldest is the one whose window ends first.
final class Backlog {
  private double[] at = new double[1024];
  private long[] tokens = new long[1024];
  private int head;
  private int size;
  private double answers;

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
  }

  void remove() {
    answers -= output();
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
