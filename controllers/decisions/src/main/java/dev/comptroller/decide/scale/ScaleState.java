package dev.comptroller.decide.scale;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the autoscaler remembers from one decision to the next.
///
/// @param variant the rung that it chose last; absent before the first choice
/// @param replicas how many it wanted last
/// @param chosen when it chose that rung; absent if that is not known
/// @param since since when it knows what was needed; absent before it decided anything
/// @param needs what was needed lately, newest last: each entry more than all that follow
public record ScaleState(
    @Nullable String variant,
    int replicas,
    @Nullable Instant chosen,
    @Nullable Instant since,
    List<Need> needs) {
  /// Nothing was decided yet.
  public static final ScaleState NEW = new ScaleState(null, 0, null, null, List.of());

  public ScaleState {
    needs = List.copyOf(needs);
    if (replicas < 0) {
      throw new IllegalArgumentException("replicas is %d, not 0 or more".formatted(replicas));
    }
  }

  /// How many replicas were needed at an instant.
  public record Need(Instant at, int replicas) {}

  /// What is known after a restart: what was chosen, not what was needed.
  public static ScaleState resumed(
      @Nullable String variant, int replicas, @Nullable Instant chosen) {
    return new ScaleState(variant, replicas, chosen, null, List.of());
  }

  /// The same with what is needed at `now`, without what is older than `from`.
  ScaleState needing(int need, Instant from, Instant now) {
    List<Need> next = new ArrayList<>(needs);
    next.removeIf(each -> each.at().isBefore(from) || each.replicas() <= need);
    next.add(new Need(now, need));
    return new ScaleState(variant, replicas, chosen, since == null ? now : since, next);
  }

  /// The most that was needed since then, of what is remembered.
  int most(Instant from) {
    return needs.stream()
        .filter(each -> !each.at().isBefore(from))
        .mapToInt(Need::replicas)
        .max()
        .orElse(0);
  }

  /// The same after a choice of `replicas` of a rung.
  ScaleState with(String rung, int count, Instant now) {
    boolean same = rung.equals(variant);
    return new ScaleState(rung, count, same ? chosen : now, since, needs);
  }
}
