package dev.comptroller.e2e.simulator.input;

import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Lengths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Requests, in the order of their time.
///
/// @param requests the requests; their times begin at 0
public record Trace(List<Request> requests) {
  private static final long STEP = 60;

  public Trace {
    requests = List.copyOf(requests);
  }

  /// A request.
  ///
  /// @param at seconds since the first one
  /// @param input input tokens
  /// @param output output tokens
  /// @param batch whether nobody waits for it
  /// @param feature who asks
  public record Request(double at, long input, long output, boolean batch, String feature) {}

  /// Seconds of it, in whole steps.
  public long length() {
    return ((long) requests.getLast().at() / STEP + 1) * STEP;
  }

  /// It as demand from `start` on, again and again.
  ///
  /// @param movable features whose requests may be moved to the queue
  /// @param priorities of features; 100 where there is none
  public Demand demand(long start, Set<String> movable, Map<String, Integer> priorities) {
    Map<Long, List<Demand.Flow>> flows = new HashMap<>();
    Map<Long, Map<String, List<Request>>> steps = new TreeMap<>();
    for (Request request : requests) {
      String key = (request.batch() ? "batch " : "") + request.feature();
      steps
          .computeIfAbsent((long) request.at() / STEP, _ -> new TreeMap<>())
          .computeIfAbsent(key, _ -> new ArrayList<>())
          .add(request);
    }
    steps.forEach(
        (step, byKey) ->
            flows.put(
                step,
                byKey.values().stream().map(group -> flow(group, movable, priorities)).toList()));
    long length = length();
    return new Demand() {
      @Override
      public long step() {
        return STEP;
      }

      @Override
      public List<Flow> at(long second) {
        return flows.getOrDefault(Math.floorMod(second - start, length) / STEP, List.of());
      }
    };
  }

  private static Demand.Flow flow(
      List<Request> group, Set<String> movable, Map<String, Integer> priorities) {
    Request first = group.getFirst();
    Demand.Kind kind =
        first.batch()
            ? Demand.Kind.Batch
            : movable.contains(first.feature()) ? Demand.Kind.Movable : Demand.Kind.Interactive;
    return new Demand.Flow(
        first.feature(),
        kind,
        priorities.getOrDefault(first.feature(), 100),
        group.size() / (double) STEP,
        group.stream().mapToLong(Request::input).average().orElseThrow(),
        Lengths.of(group.stream().mapToLong(Request::output).toArray()));
  }
}
