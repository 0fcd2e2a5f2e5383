package dev.comptroller.e2e.simulator.world;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a pool's nodes cost, as it really is, and how much of that is known when.
public final class PriceTrack {
  private static final List<CapacityType> TYPES = List.of(CapacityType.values());

  private final int gpusPerNode;
  private final List<Point> points = new ArrayList<>();

  /// A track of nodes with this many GPUs.
  public PriceTrack(int gpusPerNode) {
    this.gpusPerNode = gpusPerNode;
  }

  /// A price and when it holds.
  ///
  /// @param type the capacity type
  /// @param from first second at which it holds
  /// @param until first second at which it no longer holds
  /// @param micros micro-dollars of a node for an hour
  /// @param known the second from which the pool declares it, not after `from`
  public record Point(CapacityType type, long from, long until, long micros, long known) {}

  /// Which prices somebody can have acted upon who needs time to leave.
  ///
  /// @param seen the second of what they last saw
  /// @param now the present second
  /// @param leaving seconds that leaving takes
  public record Known(long seen, long now, long leaving) {
    /// Every price.
    public static final Known ALL = new Known(Long.MAX_VALUE, Long.MAX_VALUE, 0);

    /// Whether a price was declared that long before it began to hold, or that long ago.
    boolean has(Point point) {
      boolean longAgo = point.known() <= now - leaving;
      return point.known() <= seen && (longAgo || point.known() <= point.from() - leaving);
    }
  }

  /// The track of declared prices.
  public static PriceTrack of(PriceBook book) {
    PriceTrack track = new PriceTrack(book.gpusPerNode());
    for (Price price : book.prices()) {
      track.add(
          new Point(
              price.type(),
              second(price.from(), Long.MIN_VALUE),
              second(price.until(), Long.MAX_VALUE),
              price.perNodeHour().microsPerHour(),
              Long.MIN_VALUE));
    }
    return track;
  }

  private static long second(@Nullable Instant instant, long otherwise) {
    return instant == null ? otherwise : instant.getEpochSecond();
  }

  /// GPUs that share a node's price.
  public int gpusPerNode() {
    return gpusPerNode;
  }

  /// Adds a price.
  public void add(Point point) {
    points.add(point);
  }

  /// Forgets prices that ended before this second.
  public void forget(long before) {
    points.removeIf(point -> point.until() < before);
  }

  /// Micro-dollars that a node of `type` costs an hour at `second`: the price that began last; for
  /// a type without one the dearest of the others.
  public long micros(CapacityType type, long second) {
    return micros(type, second, Known.ALL);
  }

  /// What a node of `type` would cost an hour at `second` if there were no other prices than those
  /// that are `known`.
  public long micros(CapacityType type, long second, Known known) {
    @Nullable Point own = inForce(type, second, known);
    if (own != null) {
      return own.micros();
    }
    long dearest = -1;
    for (CapacityType other : TYPES) {
      @Nullable Point price = inForce(other, second, known);
      dearest = price == null ? dearest : Math.max(dearest, price.micros());
    }
    if (dearest < 0) {
      throw new IllegalStateException("no price in force at " + Instant.ofEpochSecond(second));
    }
    return dearest;
  }

  /// The first second after `second` at which a price begins or ends; `otherwise` if that is later.
  public long nextChange(long second, long otherwise) {
    long next = otherwise;
    for (Point point : points) {
      next = point.from() > second ? Math.min(next, point.from()) : next;
      next = point.until() > second ? Math.min(next, point.until()) : next;
    }
    return next;
  }

  /// What the pool declares at `second`.
  public PriceBook declared(long second) {
    List<Price> prices = new ArrayList<>();
    for (Point point : points) {
      if (point.known() <= second) {
        prices.add(
            new Price(
                point.type(),
                new HourlyRate(point.micros()),
                point.from() == Long.MIN_VALUE ? null : Instant.ofEpochSecond(point.from()),
                point.until() == Long.MAX_VALUE ? null : Instant.ofEpochSecond(point.until())));
      }
    }
    return new PriceBook(gpusPerNode, prices);
  }

  private @Nullable Point inForce(CapacityType type, long second, Known known) {
    @Nullable Point latest = null;
    for (Point point : points) {
      boolean holds =
          point.type() == type
              && known.has(point)
              && point.from() <= second
              && second < point.until();
      if (holds && (latest == null || isLater(point, latest))) {
        latest = point;
      }
    }
    return latest;
  }

  private static boolean isLater(Point point, Point latest) {
    return point.from() > latest.from()
        || (point.from() == latest.from() && point.micros() > latest.micros());
  }
}
