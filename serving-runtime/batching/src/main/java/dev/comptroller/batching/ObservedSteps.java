package dev.comptroller.batching;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The steps of an engine that batches by itself, as far as the tokens that it tells show them.
///
/// A step gives a sequence its tokens once. So when a sequence that has tokens of the open step
/// gets more, that step is over: it ended when its last token came, and the next began there.
/// What was computed of prompts is not told; it is taken to be what continuous batching with
/// chunked prefill does: the sequences that decode come first, and prompts share what is left of
/// the token budget in the order in which they entered. The rest of a prompt is computed in the
/// step that gives the first token.
public final class ObservedSteps {
  /// A step that is over.
  ///
  /// @param plan what it computed
  /// @param beginNanos when it began
  /// @param endNanos when its last token came
  /// @param sampled tokens that came
  public record Observed(StepPlan plan, long beginNanos, long endNanos, int sampled) {}

  private final int maxBatchedTokens;
  private final Map<Long, Sequence> sequences = new LinkedHashMap<>();
  private long beginNanos;
  private long lastNanos;

  /// @param maxBatchedTokens tokens that the engine computes in a step at most
  public ObservedSteps(int maxBatchedTokens) {
    this.maxBatchedTokens = maxBatchedTokens;
  }

  /// Whether no sequence is with the engine.
  public boolean empty() {
    return sequences.isEmpty();
  }

  /// When the open step began.
  public long beginNanos() {
    return beginNanos;
  }

  /// A sequence is with the engine from now on.
  ///
  /// @param known its tokens so far: the prompt, and what came before it left the last time
  /// @param cached how many of them the engine is taken to have in its cache; fewer than all
  public void enter(long id, TokenIds known, int cached, long nowNanos) {
    if (sequences.isEmpty()) {
      beginNanos = nowNanos;
      lastNanos = nowNanos;
    }
    sequences.put(id, new Sequence(known, Math.clamp(cached, 0, known.size() - 1)));
  }

  /// Tokens came that one step gave to a sequence.
  ///
  /// @return the step before, if this shows that it is over
  public Optional<Observed> tokens(long id, TokenIds tokens, long nowNanos) {
    Optional<Observed> over =
        sequence(id).arrived.size() > 0 ? Optional.of(over(lastNanos)) : Optional.empty();
    sequence(id).arrived = tokens;
    lastNanos = Math.max(lastNanos, nowNanos);
    return over;
  }

  /// Takes the open step for over.
  ///
  /// @param nowNanos when it ended if no token of it came
  public Observed over(long nowNanos) {
    boolean told = sequences.values().stream().anyMatch(each -> each.arrived.size() > 0);
    long end = told ? lastNanos : Math.max(lastNanos, nowNanos);
    List<Slice> slices = new ArrayList<>();
    int left = maxBatchedTokens;
    int sampled = 0;
    for (Map.Entry<Long, Sequence> each : sequences.entrySet()) {
      Sequence sequence = each.getValue();
      if (sequence.arrived.size() > 0) {
        Slice slice = sequence.decode(each.getKey());
        left -= slice.count();
        sampled += sequence.take();
        slices.add(slice);
      }
    }
    for (Map.Entry<Long, Sequence> each : sequences.entrySet()) {
      int count = Math.min(left, each.getValue().unread());
      if (count > 0) {
        slices.add(each.getValue().prefill(each.getKey(), count));
        left -= count;
      }
    }
    Observed over = new Observed(StepPlan.of(List.of(), slices), beginNanos, end, sampled);
    beginNanos = end;
    lastNanos = end;
    return over;
  }

  /// A sequence is not with the engine any more; what it got in the open step is not counted.
  ///
  /// @return all its tokens
  public TokenIds leave(long id) {
    Sequence left = sequence(id);
    sequences.remove(id);
    return TokenIds.range(left.known, 0, left.size);
  }

  private Sequence sequence(long id) {
    Sequence sequence = sequences.get(id);
    if (sequence == null) {
      throw new IllegalArgumentException("Sequence " + id + " is not with the engine");
    }
    return sequence;
  }

  private static final class Sequence {
    private static final TokenIds NONE = TokenIds.of();

    private int[] known;
    private int size;
    private int computed;
    private boolean decodes;
    TokenIds arrived = NONE;

    Sequence(TokenIds known, int cached) {
      this.known = known.toArray();
      this.size = known.size();
      this.computed = cached;
    }

    /// Prompt tokens that may have been computed without a token to show for it: one is left for
    /// the step that gives the first token.
    int unread() {
      return decodes ? 0 : size - computed - 1;
    }

    Slice prefill(long id, int count) {
      Slice slice =
          new Slice(id, 0, computed, TokenIds.range(known, computed, computed + count), false);
      computed += count;
      return slice;
    }

    /// What had to be computed for the tokens that arrived. Of several, all but the last were
    /// guessed and checked in the same step.
    Slice decode(long id) {
      int guessed = arrived.size() - 1;
      known = Arrays.copyOf(known, Math.max(known.length, 2 * (size + arrived.size())));
      for (int i = 0; i < arrived.size(); i++) {
        known[size + i] = arrived.at(i);
      }
      return new Slice(id, 0, computed, TokenIds.range(known, computed, size + guessed), true);
    }

    /// Makes what arrived known.
    int take() {
      int count = arrived.size();
      computed = size + count - 1;
      size += count;
      decodes = true;
      arrived = NONE;
      return count;
    }
  }
}
