package dev.comptroller.decide.cpm;

import java.time.Instant;

/// The token counters of a pod as read at an instant.
///
/// @param at when they were read
/// @param pod pod uid
/// @param startedAt when the pod's counters began at zero; its start
/// @param prompt input tokens since then
/// @param generation output tokens since then
public record TokenSample(Instant at, String pod, Instant startedAt, long prompt, long generation) {
  public TokenSample {
    if (prompt < 0 || generation < 0) {
      throw new IllegalArgumentException(
          "pod %s reports %d prompt and %d generation tokens".formatted(pod, prompt, generation));
    }
  }
}
