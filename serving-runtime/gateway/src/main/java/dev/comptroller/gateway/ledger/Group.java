package dev.comptroller.gateway.ledger;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What one commit writes.
final class Group {
  final List<Entry> entries = new ArrayList<>();
  final List<UsageLine> lines = new ArrayList<>();
  final Set<Tally> touched = new LinkedHashSet<>();

  boolean isEmpty() {
    return entries.isEmpty() && touched.isEmpty();
  }
}
