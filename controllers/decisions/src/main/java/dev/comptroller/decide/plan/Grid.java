package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What deployments share, as rows of a program: `sum of use <= cap`.
///
/// Every place has two rows, in parts of a node: nodes that are paid for anyway and further ones.
/// Then every pool has a row of dollars for further nodes, and every namespace one of dollars for
/// its replicas. A row without a limit has the cap [#UNLIMITED].
///
/// A replica takes `1/f` of a node, where `f` of its size fit on one; for nodes of 2, 4, 8, ...
/// GPUs `f` is rounded down to a power of two, so that sizes that share a node always pack.
final class Grid {
  /// Parts of a node, divisible by 1 to 16.
  static final long NODE = 720_720;

  static final long UNLIMITED = Long.MAX_VALUE / 8;

  final FleetSupply supply;
  final List<String> namespaces;
  final int places;
  final int poolRow;
  final int namespaceRow;
  final int rows;
  final long[] cap;

  /// By place.
  final long[] nodePrice;

  final int[] poolOf;

  /// By pool its first place, whose others follow; one more at the end.
  final int[] firstPlace;

  final int[] perNode;
  final List<Place> names = new ArrayList<>();

  private final Map<String, Map<CapacityType, Integer>> placeIndex = new HashMap<>();
  private final Map<String, Integer> namespaceIndex = new HashMap<>();

  Grid(FleetSupply supply, FleetDemand demand) {
    this(supply, namespaces(demand), demand.allowances());
  }

  private Grid(FleetSupply supply, List<String> namespaces, Map<String, HourlyRate> allowances) {
    this.supply = supply;
    this.namespaces = namespaces;
    places = supply.pools().stream().mapToInt(pool -> pool.capacity().size()).sum();
    poolRow = 2 * places;
    namespaceRow = poolRow + supply.pools().size();
    rows = namespaceRow + namespaces.size();
    cap = new long[rows];
    nodePrice = new long[places];
    poolOf = new int[places];
    firstPlace = new int[supply.pools().size() + 1];
    perNode = new int[places];
    int place = 0;
    for (int p = 0; p < supply.pools().size(); p++) {
      PoolSupply pool = supply.pools().get(p);
      Map<CapacityType, Integer> types = new HashMap<>();
      long paid = 0;
      for (CapacitySupply capacity : pool.capacity()) {
        types.put(capacity.type(), place);
        names.add(new Place(pool.pool(), capacity.type()));
        poolOf[place] = p;
        perNode[place] = pool.gpusPerNode();
        nodePrice[place] = capacity.perNode().microsPerHour();
        cap[2 * place] = capacity.paid() * NODE;
        cap[2 * place + 1] = (capacity.most() - capacity.paid()) * NODE;
        paid = Math.addExact(paid, Math.multiplyExact(nodePrice[place], (long) capacity.paid()));
        place++;
      }
      firstPlace[p + 1] = place;
      placeIndex.put(pool.pool(), types);
      cap[poolRow + p] =
          pool.ceiling() == null ? UNLIMITED : limit(pool.ceiling().microsPerHour() - paid);
    }
    for (int n = 0; n < namespaces.size(); n++) {
      namespaceIndex.put(namespaces.get(n), n);
      HourlyRate allowance = allowances.get(namespaces.get(n));
      cap[namespaceRow + n] = allowance == null ? UNLIMITED : limit(allowance.microsPerHour());
    }
  }

  private static long limit(long micros) {
    return Math.clamp(micros, 0, UNLIMITED);
  }

  private static List<String> namespaces(FleetDemand demand) {
    TreeSet<String> all = new TreeSet<>(demand.allowances().keySet());
    @Nullable String last = null;
    for (DeploymentDemand each : demand.deployments()) {
      if (!each.namespace().equals(last)) {
        last = each.namespace();
        all.add(last);
      }
    }
    return List.copyOf(all);
  }

  /// Index of a place; -1 if no pool has it.
  int place(Place place) {
    Map<CapacityType, Integer> types = placeIndex.get(place.pool());
    Integer index = types == null ? null : types.get(place.type());
    return index == null ? -1 : index;
  }

  int namespace(String namespace) {
    Integer index = namespaceIndex.get(namespace);
    return index == null ? -1 : namespaceRow + index;
  }

  /// How many replicas of `gpus` GPUs count as filling a node of a place; 0 if none fits.
  int perNode(int place, int gpus) {
    int whole = perNode[place] / gpus;
    return Integer.bitCount(perNode[place]) == 1 ? Integer.highestOneBit(whole) : whole;
  }

  /// Whether items made for `other` fit this grid: all but the caps is the same.
  boolean hasShapeOf(Grid other) {
    return namespaces.equals(other.namespaces)
        && names.equals(other.names)
        && Arrays.equals(nodePrice, other.nodePrice)
        && Arrays.equals(perNode, other.perNode);
  }

  /// Dollars an hour of whole further nodes, by place, under this use.
  long further(int place, long[] used) {
    long nodes = (used[2 * place + 1] + NODE - 1) / NODE;
    return nodes * nodePrice[place];
  }

  /// Dollars an hour of the whole further nodes of a pool.
  long furtherOfPool(int pool, long[] used) {
    long sum = 0;
    for (int place = firstPlace[pool]; place < firstPlace[pool + 1]; place++) {
      sum += further(place, used);
    }
    return sum;
  }

  /// Whether every row holds, nodes counted whole.
  boolean holds(long[] used) {
    for (int row = 0; row < poolRow; row++) {
      if (used[row] > cap[row]) {
        return false;
      }
    }
    for (int pool = 0; pool < namespaceRow - poolRow; pool++) {
      if (furtherOfPool(pool, used) > cap[poolRow + pool]) {
        return false;
      }
    }
    for (int row = namespaceRow; row < rows; row++) {
      if (used[row] > cap[row]) {
        return false;
      }
    }
    return true;
  }
}
