package dev.comptroller.batching;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/// Which requests are with an engine that batches by itself, and which wait in front of it.
///
/// The engine holds `maxSequences` requests and computes them in an order of its own, so order is
/// made here: interactive requests enter before batch requests, each class in the order they came,
/// and where an interactive one finds no place the youngest batch request leaves.
public final class Places {
  private final int most;
  private final Map<RequestClass, Line> lines = new EnumMap<>(RequestClass.class);

  /// @param most how many requests the engine holds, at least 1
  public Places(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most is " + most + "; set it to 1 or more");
    }
    this.most = most;
    for (RequestClass each : RequestClass.values()) {
      lines.put(each, new Line());
    }
  }

  /// A request waits from now on, behind its like.
  public void add(long id, RequestClass requestClass) {
    line(requestClass).waiting.addLast(id);
  }

  /// A request is neither inside nor waiting any more.
  public void remove(long id) {
    for (Line line : lines.values()) {
      line.inside.remove(id);
      line.waiting.remove(id);
    }
  }

  /// Lets the next request enter, if there is one and a place for it.
  public OptionalLong enter() {
    if (inside() < most) {
      for (RequestClass each : RequestClass.values()) {
        Line line = line(each);
        Long next = line.waiting.pollFirst();
        if (next != null) {
          line.inside.add(next);
          return OptionalLong.of(next);
        }
      }
    }
    return OptionalLong.empty();
  }

  /// Makes a batch request give its place to an interactive one that waits, and wait
  /// before all others of its class: the youngest of those that can be gone on with later.
  public OptionalLong makeRoom(LongPredicate canGoOn) {
    Line batch = line(RequestClass.BATCH);
    if (inside() >= most && waiting(RequestClass.INTERACTIVE) > 0) {
      for (Long id : batch.inside.reversed()) {
        if (canGoOn.test(id)) {
          batch.inside.remove(id);
          batch.waiting.addFirst(id);
          return OptionalLong.of(id);
        }
      }
    }
    return OptionalLong.empty();
  }

  /// How many requests of a class are with the engine.
  public int inside(RequestClass requestClass) {
    return line(requestClass).inside.size();
  }

  /// How many requests of a class wait.
  public int waiting(RequestClass requestClass) {
    return line(requestClass).waiting.size();
  }

  private int inside() {
    return inside(RequestClass.INTERACTIVE) + inside(RequestClass.BATCH);
  }

  private Line line(RequestClass requestClass) {
    Line line = lines.get(requestClass);
    if (line == null) {
      throw new IllegalStateException("No line for " + requestClass);
    }
    return line;
  }

  private static final class Line {
    final List<Long> inside = new ArrayList<>();
    final Deque<Long> waiting = new ArrayDeque<>();
  }
}
