package dev.comptroller.decide.fleet;

/// How a node is paid for.
public enum CapacityType {
  /// Committed for a term.
  Reserved("reserved"),
  /// Paid while it runs.
  OnDemand("on-demand"),
  /// Cheap, and can be taken away.
  Spot("spot"),
  /// The node does not say; it is charged at the highest price in force of its pool.
  Unknown("unknown");

  private final String label;

  CapacityType(String label) {
    this.label = label;
  }

  /// The value of the node label.
  public String label() {
    return label;
  }

  /// The type named by a node label (`on-demand`) or by the API (`OnDemand`); [#Unknown] for
  /// anything else.
  public static CapacityType parse(String text) {
    for (CapacityType type : values()) {
      if (type.label.equals(text) || type.name().equals(text)) {
        return type;
      }
    }
    return Unknown;
  }
}
