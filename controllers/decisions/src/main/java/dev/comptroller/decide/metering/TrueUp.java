package dev.comptroller.decide.metering;

import dev.comptroller.decide.units.Money;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What requests really cost less what they were charged, per variant, in one period.
///
/// More than zero: posted prices are too low, and the namespace that owns the deployment bears the
/// difference. It is its own line in the ledger and changes no charge.
///
/// @param byVariant lines by deployment and variant
public record TrueUp(SortedMap<Key, Line> byVariant) {
  public TrueUp {
    byVariant = Collections.unmodifiableSortedMap(new TreeMap<>(byVariant));
  }

  /// Which variant of which deployment.
  public record Key(String deployment, String variant) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int first = deployment.compareTo(other.deployment);
      return first != 0 ? first : variant.compareTo(other.variant);
    }
  }

  /// One entry of the period.
  ///
  /// @param key whose it is
  /// @param measured what was measured to be used, zero or more
  /// @param charged what was booked; less than zero where charges were given back
  public record Entry(Key key, Money measured, Money charged) {
    public Entry {
      if (measured.micros() < 0) {
        throw new IllegalArgumentException(
            "measured cost of %s is %s, not zero or more".formatted(key, measured));
      }
    }
  }

  /// The sums of a variant.
  ///
  /// @param measured measured cost
  /// @param charged charges
  public record Line(Money measured, Money charged) {
    /// Measured cost less charges.
    public Money difference() {
      return measured.minus(charged);
    }

    private Line plus(Line other) {
      return new Line(measured.plus(other.measured), charged.plus(other.charged));
    }
  }

  /// The true-up of these entries, in any order.
  public static TrueUp of(Collection<Entry> entries) {
    Map<Key, Line> lines = new TreeMap<>();
    for (Entry entry : entries) {
      lines.merge(entry.key(), new Line(entry.measured(), entry.charged()), Line::plus);
    }
    return new TrueUp(new TreeMap<>(lines));
  }

  /// All differences together: what the owners of the deployments bear.
  public Money total() {
    return byVariant.values().stream().map(Line::difference).reduce(Money.ZERO, Money::plus);
  }
}
