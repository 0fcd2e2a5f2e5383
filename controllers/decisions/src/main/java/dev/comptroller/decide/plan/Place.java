package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.CapacityType;
import java.util.Comparator;

/// Where a replica can run: the nodes of one capacity type in a pool.
///
/// @param pool name of the pool
/// @param type how its nodes are paid for
public record Place(String pool, CapacityType type) implements Comparable<Place> {
  private static final Comparator<Place> ORDER =
      Comparator.comparing(Place::pool).thenComparing(Place::type);

  /// It in a word: `h100/spot`.
  public String label() {
    return pool + "/" + type.label();
  }

  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }
}
