package dev.comptroller.decide.share;

/// What a deployment may have of a pool that cannot serve everybody.
///
/// @param variant the rung that serves it
/// @param replicas the most replicas of it
/// @param wished the rung that it chose
/// @param wishedReplicas how many of that it wished for
/// @param why what binds, with numbers
public record Share(String variant, int replicas, String wished, int wishedReplicas, String why) {
  /// Whether it is less than what was wished for.
  public boolean lessens() {
    return replicas < wishedReplicas || !variant.equals(wished);
  }

  /// It against the wish, and why.
  public String message() {
    return line() + ": " + why;
  }

  /// It against the wish: `2 x q4 instead of 4`.
  public String line() {
    String instead =
        variant.equals(wished)
            ? Integer.toString(wishedReplicas)
            : "%d x %s".formatted(wishedReplicas, wished);
    return "%d x %s instead of %s".formatted(replicas, variant, instead);
  }
}
