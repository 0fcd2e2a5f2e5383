package dev.comptroller.reconcile.provision;

import java.util.List;

/// How an order went.
public sealed interface Outcome {
  /// It is as told.
  ///
  /// @param did what was changed for that, one sentence each
  record Done(List<String> did) implements Outcome {
    public Done {
      did = List.copyOf(did);
    }
  }

  /// It cannot be carried out.
  ///
  /// @param message which object, and why
  record Refused(String message) implements Outcome {}
}
