package dev.comptroller.decide.heat;

/// Which part of the heat a step looks at.
public enum HeatSource {
  /// What is spent, as a share of the amount.
  Spent("spent"),
  /// What is forecast for the end of the period, as a share of the amount.
  Forecast("forecast"),
  /// The larger of both.
  Larger("the larger of spent and forecast");

  private final String words;

  HeatSource(String words) {
    this.words = words;
  }

  /// It in a sentence.
  public String words() {
    return words;
  }
}
