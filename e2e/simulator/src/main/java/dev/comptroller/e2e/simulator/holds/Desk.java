package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.meter.Usage;

/// Who decides whether there is money for a request, and for its next token.
interface Desk {
  /// Whether a request may run.
  ///
  /// @param input tokens of it
  /// @param output tokens that it will come to, which only an oracle may look at
  boolean open(int request, long input, long output);

  /// Whether everything used so far is paid for.
  boolean covers(int request, Usage used);

  /// Charges a request that is over.
  void settle(int request, Usage used);

  /// What is held and not charged yet, in micro-dollars.
  long held();
}
