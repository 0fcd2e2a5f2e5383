package dev.comptroller.decide.rollout;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What changes of a deployment taught about one of its variants.
///
/// @param variant its name
/// @param template digest of what its replicas were made of when it last served well; empty if it
///   never did
/// @param took how long changes to it take; zero if none came to its end
public record Past(String variant, String template, Duration took) {
  /// Nothing is known of `variant`.
  static Past unknown(String variant) {
    return new Past(variant, "", Duration.ZERO);
  }

  /// How long changes to variants take, of those to which one came to its end.
  public static Map<String, Duration> changes(List<Past> past) {
    return past.stream()
        .filter(each -> !each.took().isZero())
        .collect(Collectors.toMap(Past::variant, Past::took));
  }

  Past proven(String next) {
    return new Past(variant, next, took);
  }

  /// After a change that took so long: longer ones count at once, shorter ones by half.
  Past took(Duration last) {
    boolean longer = last.compareTo(took) > 0;
    Duration mean = took.plus(last).dividedBy(2);
    return new Past(variant, template, Duration.ofSeconds((longer ? last : mean).toSeconds()));
  }
}
