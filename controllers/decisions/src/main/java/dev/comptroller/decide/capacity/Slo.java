package dev.comptroller.decide.capacity;

/// What is promised of latency, in seconds; infinite where nothing is promised.
///
/// @param timeToFirstToken from arrival to the first token
/// @param timePerOutputToken from one token to the next
/// @param attainment part of the requests that are to keep it, above 0 and below 1
public record Slo(double timeToFirstToken, double timePerOutputToken, double attainment) {
  /// Nothing is promised.
  public static final Slo NONE = new Slo(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0.95);

  public Slo {
    if (!(timeToFirstToken > 0)) {
      throw new IllegalArgumentException(
          "timeToFirstToken is %s, not above zero".formatted(timeToFirstToken));
    }
    if (!(timePerOutputToken > 0)) {
      throw new IllegalArgumentException(
          "timePerOutputToken is %s, not above zero".formatted(timePerOutputToken));
    }
    if (!(attainment > 0 && attainment < 1)) {
      throw new IllegalArgumentException(
          "attainment is %s, not above 0 and below 1".formatted(attainment));
    }
  }
}
