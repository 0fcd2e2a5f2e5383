package dev.comptroller.gateway.identity;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// How urgent a request is.
public enum TrafficClass {
  /// Somebody waits for it.
  INTERACTIVE,
  /// Somebody waits for it, and has time.
  FLEX,
  /// Nobody waits for it.
  BATCH;

  /// The word in credentials, in `service_tier` and in the ledger.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The class that a word stands for; empty if it stands for none.
  public static Optional<TrafficClass> of(String word) {
    return Arrays.stream(values()).filter(one -> one.word().equals(word)).findFirst();
  }

  /// Every word, for messages.
  public static String words() {
    return Arrays.stream(values()).map(TrafficClass::word).collect(Collectors.joining(", "));
  }
}
