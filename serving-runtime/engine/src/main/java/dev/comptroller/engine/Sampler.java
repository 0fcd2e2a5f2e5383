package dev.comptroller.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Chooses one request's tokens from rows of logits; owns the request's random numbers and counts.
///
/// Order: log-probabilities are taken from the row as it is; then biases and penalties change the
/// row; temperature 0 takes the largest value (the lowest id among equals); otherwise the values
/// become weights at the temperature, top-k and then top-p keep the likeliest, and the request's
/// next random number picks among them. Only as many candidates are ordered as are kept. Candidates
/// whose weight is below e^-30 of the largest are not considered.
final class Sampler {
  private static final double NEGLIGIBLE = -30;

  private final SamplingParams params;
  private final SplittableRandom random;
  private final Map<Integer, Integer> generated = new HashMap<>();

  Sampler(SamplingParams params) {
    this.params = params;
    this.random = new SplittableRandom(params.seed());
  }

  /// Chooses from a row, which it may overwrite.
  Choice choose(float[] logits, int size, Scratch scratch) {
    float max = max(logits, size);
    if (!Float.isFinite(max)) {
      return new Choice.Broken("The model gave unusable logits (largest: " + max + ")");
    }
    TokenEvent.@Nullable Logprob[] logprob = {null};
    double logSum = 0;
    List<TokenEvent.Candidate> top = List.of();
    float[] asGiven = logits;
    if (params.logprobs()) {
      logSum = logSum(logits, size, max);
      top = top(logits, size, logSum, scratch);
      asGiven = scratch.copyOf(logits, size);
    }
    if (adjust(logits, size)) {
      max = max(logits, size);
      if (!Float.isFinite(max)) {
        return new Choice.Broken("Biases and penalties leave no token (largest: " + max + ")");
      }
    }
    int token =
        params.temperature() == 0 ? indexOf(logits, size, max) : draw(logits, size, max, scratch);
    if (params.logprobs()) {
      logprob[0] = new TokenEvent.Logprob(asGiven[token] - logSum, top);
    }
    if (params.presencePenalty() != 0 || params.frequencyPenalty() != 0) {
      generated.merge(token, 1, Integer::sum);
    }
    return new Choice.Chosen(token, logprob[0]);
  }

  /* Math.max hands on NaN, so that one pass finds the largest value and any NaN; it is a reduction
   * that the JIT compiler vectorises, which a search for the index is not. */
  private static float max(float[] logits, int size) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      max = Math.max(max, logits[i]);
    }
    return max;
  }

  private static int indexOf(float[] logits, int size, float value) {
    for (int i = 0; i < size; i++) {
      if (logits[i] == value) {
        return i;
      }
    }
    throw new IllegalStateException("No logit is " + value);
  }

  private boolean adjust(float[] logits, int size) {
    params
        .logitBias()
        .forEach(
            (token, bias) -> {
              if (token >= 0 && token < size) {
                logits[token] += (float) bias.doubleValue();
              }
            });
    generated.forEach(
        (token, count) ->
            logits[token] -=
                (float) (params.presencePenalty() + count * params.frequencyPenalty()));
    return !params.logitBias().isEmpty() || !generated.isEmpty();
  }

  private int draw(float[] logits, int size, float max, Scratch scratch) {
    Candidates candidates = scratch.candidates(size);
    double inverse = 1 / params.temperature();
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double exponent = (logits[i] - max) * inverse;
      if (exponent > NEGLIGIBLE) {
        double weight = Math.exp(exponent);
        sum += weight;
        candidates.add(i, weight);
      }
    }
    if (params.topK() == 0 && params.topP() == 1) {
      return candidates.pick(candidates.size, random.nextDouble() * sum);
    }
    candidates.heapify();
    int kept = candidates.size;
    if (params.topK() > 0 && params.topK() < kept) {
      sum = 0;
      kept = params.topK();
      for (int i = 0; i < kept; i++) {
        sum += candidates.nextBest();
      }
    }
    double wanted = params.topP() * sum;
    double reached = 0;
    int nucleus = 0;
    while (nucleus < kept && (nucleus == 0 || reached < wanted)) {
      reached += candidates.best(nucleus);
      nucleus++;
    }
    return candidates.pickBest(nucleus, random.nextDouble() * reached);
  }

  private static double logSum(float[] logits, int size, float max) {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += Math.exp(logits[i] - max);
    }
    return max + Math.log(sum);
  }

  private List<TokenEvent.Candidate> top(float[] logits, int size, double logSum, Scratch scratch) {
    int count = Math.min(params.topLogprobs(), size);
    if (count == 0) {
      return List.of();
    }
    Candidates candidates = scratch.candidates(size);
    for (int i = 0; i < size; i++) {
      candidates.add(i, logits[i]);
    }
    candidates.heapify();
    List<TokenEvent.Candidate> top = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      double value = candidates.best(i);
      top.add(new TokenEvent.Candidate(candidates.bestId(i), value - logSum));
    }
    return top;
  }

  /// Arrays that all requests of one thread use in turn.
  static final class Scratch {
    private final Candidates candidates = new Candidates();
    private float[] copy = new float[0];

    Candidates candidates(int size) {
      candidates.reset(size);
      return candidates;
    }

    float[] copyOf(float[] logits, int size) {
      if (copy.length < size) {
        copy = new float[size];
      }
      System.arraycopy(logits, 0, copy, 0, size);
      return copy;
    }
  }

  /// Token ids with weights: a heap in front, and behind it what was taken off, best last.
  static final class Candidates {
    private int[] ids = new int[0];
    private double[] weights = new double[0];
    private int size;
    private int heap;

    void reset(int capacity) {
      if (ids.length < capacity) {
        ids = Arrays.copyOf(ids, capacity);
        weights = Arrays.copyOf(weights, capacity);
      }
      size = 0;
      heap = 0;
    }

    void add(int id, double weight) {
      ids[size] = id;
      weights[size] = weight;
      size++;
    }

    /// The candidate where the running sum of the first ones passes a point.
    int pick(int count, double point) {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += weights[i];
        if (point < sum) {
          return ids[i];
        }
      }
      return ids[count - 1];
    }

    void heapify() {
      heap = size;
      for (int i = heap / 2 - 1; i >= 0; i--) {
        sink(i);
      }
    }

    /// Takes the best one off the heap and gives its weight.
    double nextBest() {
      heap--;
      swap(0, heap);
      sink(0);
      return weights[heap];
    }

    /// The weight of the best one (0), the second best (1), ...; takes them off as needed.
    double best(int rank) {
      while (size - heap <= rank) {
        nextBest();
      }
      return weights[size - 1 - rank];
    }

    int bestId(int rank) {
      return ids[size - 1 - rank];
    }

    int pickBest(int count, double point) {
      double sum = 0;
      for (int rank = 0; rank < count; rank++) {
        sum += best(rank);
        if (point < sum) {
          return bestId(rank);
        }
      }
      return bestId(count - 1);
    }

    private void sink(int from) {
      int parent = from;
      while (true) {
        int child = 2 * parent + 1;
        if (child >= heap) {
          return;
        }
        if (child + 1 < heap && before(child + 1, child)) {
          child++;
        }
        if (!before(child, parent)) {
          return;
        }
        swap(parent, child);
        parent = child;
      }
    }

    private boolean before(int a, int b) {
      return weights[a] > weights[b] || (weights[a] == weights[b] && ids[a] < ids[b]);
    }

    private void swap(int a, int b) {
      int id = ids[a];
      ids[a] = ids[b];
      ids[b] = id;
      double weight = weights[a];
      weights[a] = weights[b];
      weights[b] = weight;
    }
  }
}
