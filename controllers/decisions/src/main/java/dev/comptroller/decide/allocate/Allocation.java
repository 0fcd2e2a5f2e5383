package dev.comptroller.decide.allocate;

import dev.comptroller.decide.units.HourlyRate;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// An allowance, divided.
///
/// First all floors, by priority, higher first; then what is left, by priority again. Among equals
/// water is filled: everybody's grant rises in proportion to their weight until they have what they
/// ask for, and what they leave goes to the others. In whole micro-dollars an hour; where the
/// proportion does not come out even, the next micro-dollar goes to whoever then has least for
/// their weight, in name order.
///
/// Sums to the allowance, or to all that is wanted if that is less. Does not depend on the order of
/// the claims. More allowance never means less for anybody, not by a micro-dollar: that is why
/// remainders are not given to the largest fraction, which does not have this property.
///
/// @param allowance dollars an hour that were divided
/// @param shares shares by deployment
public record Allocation(HourlyRate allowance, SortedMap<String, Share> shares) {
  public Allocation {
    shares = Collections.unmodifiableSortedMap(new TreeMap<>(shares));
  }

  /// Divides `allowance` over the claims, whose names differ.
  public static Allocation of(HourlyRate allowance, Collection<Claim> claims) {
    Map<String, Long> granted = new TreeMap<>();
    long left = allowance.microsPerHour();
    for (Claim claim : claims) {
      if (granted.put(claim.name(), 0L) != null) {
        throw new IllegalArgumentException("%s claims twice".formatted(claim.name()));
      }
    }
    for (boolean floors : new boolean[] {true, false}) {
      for (List<Claim> equals : byPriority(claims)) {
        left -= fill(equals, left, floors, granted);
      }
    }
    SortedMap<String, Share> shares = new TreeMap<>();
    for (Claim claim : claims) {
      HourlyRate rate = new HourlyRate(granted.getOrDefault(claim.name(), 0L));
      shares.put(claim.name(), new Share(claim, rate));
    }
    return new Allocation(allowance, shares);
  }

  /// What nobody wants of it.
  public HourlyRate left() {
    long granted =
        shares.values().stream().mapToLong(share -> share.granted().microsPerHour()).sum();
    return new HourlyRate(allowance.microsPerHour() - granted);
  }

  /// What `name` may spend an hour; nothing if it claimed nothing.
  public HourlyRate granted(String name) {
    Share share = shares.get(name);
    return share == null ? HourlyRate.ZERO : share.granted();
  }

  /// Every share in a line, by name.
  public String explain() {
    return shares.values().stream().map(Share::line).collect(Collectors.joining("; "));
  }

  private static List<List<Claim>> byPriority(Collection<Claim> claims) {
    TreeSet<Integer> priorities = new TreeSet<>(Comparator.reverseOrder());
    claims.forEach(claim -> priorities.add(claim.priority()));
    return priorities.stream()
        .map(
            priority ->
                claims.stream()
                    .filter(claim -> claim.priority() == priority)
                    .sorted(Comparator.comparing(Claim::name))
                    .toList())
        .toList();
  }

  /// Adds to `granted` what these claims get of `left`, and returns the sum of it.
  private static long fill(
      List<Claim> claims, long left, boolean floors, Map<String, Long> granted) {
    List<Water.Glass> glasses =
        claims.stream()
            .map(
                claim -> {
                  long floor = claim.floor().microsPerHour();
                  long room = floors ? floor : claim.wanted().microsPerHour() - floor;
                  return new Water.Glass(claim.weight(), room);
                })
            .toList();
    long[] levels = Water.fill(glasses, left);
    long sum = 0;
    for (int i = 0; i < levels.length; i++) {
      granted.merge(claims.get(i).name(), levels[i], Long::sum);
      sum += levels[i];
    }
    return sum;
  }
}
