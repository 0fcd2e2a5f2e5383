package dev.comptroller.decide.allocate;

import dev.comptroller.decide.units.Money;
import dev.comptroller.metering.Apportion;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// What each of several levers saves of a bill, where they work on each other.
///
/// Two answers: in the order given, each saves what the bill falls when it is pulled after those
/// before it; and the Shapley share, its mean saving over all orders, which does not depend on one.
/// Both sum to the whole saving to the micro-dollar.
///
/// @param before the bill with no lever pulled
/// @param after the bill with all of them pulled
/// @param levers in the order given
public record Levers(Money before, Money after, List<Lever> levers) {
  /// Most levers that are taken: every subset of them is billed.
  public static final int MOST = 12;

  public Levers {
    levers = List.copyOf(levers);
  }

  /// What one saves.
  ///
  /// @param name the lever
  /// @param bill after it was pulled, in the order given
  /// @param inOrder what it saved then; less than zero if it cost
  /// @param shapley its mean saving over all orders
  public record Lever(String name, Money bill, Money inOrder, Money shapley) {}

  /// The savings of `names`, given the bill of every set of them.
  public static Levers of(List<String> names, Function<Set<String>, Money> bill) {
    int count = names.size();
    if (count > MOST || new TreeSet<>(names).size() < count) {
      throw new IllegalArgumentException(
          "%s: need at most %d different levers".formatted(names, MOST));
    }
    long[] bills = new long[1 << count];
    for (int set = 0; set < bills.length; set++) {
      Set<String> pulled = new TreeSet<>();
      for (int i = 0; i < count; i++) {
        if ((set & 1 << i) != 0) {
          pulled.add(names.get(i));
        }
      }
      bills[set] = bill.apply(pulled).micros();
    }
    List<BigInteger> exact = shares(bills, count);
    long saved = Math.subtractExact(bills[0], bills[bills.length - 1]);
    List<Long> whole = whole(exact, saved, factorial(count));
    List<Lever> levers = new ArrayList<>();
    int pulled = 0;
    for (int i = 0; i < count; i++) {
      int next = pulled | 1 << i;
      levers.add(
          new Lever(
              names.get(i),
              new Money(bills[next]),
              new Money(Math.subtractExact(bills[pulled], bills[next])),
              new Money(whole.get(i))));
      pulled = next;
    }
    return new Levers(new Money(bills[0]), new Money(bills[bills.length - 1]), levers);
  }

  /// Shares times `count!`, exactly.
  private static List<BigInteger> shares(long[] bills, int count) {
    List<BigInteger> shares = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      BigInteger sum = BigInteger.ZERO;
      for (int set = 0; set < bills.length; set++) {
        if ((set & 1 << i) == 0) {
          int size = Integer.bitCount(set);
          BigInteger orders = factorial(size).multiply(factorial(count - size - 1));
          long saved = Math.subtractExact(bills[set], bills[set | 1 << i]);
          sum = sum.add(orders.multiply(BigInteger.valueOf(saved)));
        }
      }
      shares.add(sum);
    }
    return shares;
  }

  /// Whole micro-dollars: rounded down, and the rest by largest remainder.
  private static List<Long> whole(List<BigInteger> exact, long saved, BigInteger orders) {
    List<Long> floors = new ArrayList<>();
    List<BigInteger> remainders = new ArrayList<>();
    long rest = saved;
    for (BigInteger share : exact) {
      BigInteger remainder = share.mod(orders);
      long floor = share.subtract(remainder).divide(orders).longValueExact();
      floors.add(floor);
      remainders.add(remainder);
      rest -= floor;
    }
    List<Long> extra = Apportion.byLargestRemainder(rest, remainders);
    List<Long> whole = new ArrayList<>();
    for (int i = 0; i < floors.size(); i++) {
      whole.add(floors.get(i) + extra.get(i));
    }
    return whole;
  }

  private static BigInteger factorial(int count) {
    BigInteger product = BigInteger.ONE;
    for (int i = 2; i <= count; i++) {
      product = product.multiply(BigInteger.valueOf(i));
    }
    return product;
  }
}
