package dev.comptroller.engine.vllm;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/// How vLLM is reached and what it was started with.
///
/// @param upstream its address, such as `http://127.0.0.1:8001`
/// @param model the folder that it serves
/// @param maxSequences its `--max-num-seqs`
/// @param maxBatchedTokens its `--max-num-batched-tokens`
/// @param patience how long it may take to load the model
/// @param look how often its figures are read
public record VllmOptions(
    URI upstream,
    Path model,
    int maxSequences,
    int maxBatchedTokens,
    Duration patience,
    Duration look) {
  /// Options with 30 minutes to load, looked at every second.
  public VllmOptions(URI upstream, Path model, int maxSequences, int maxBatchedTokens) {
    this(
        upstream,
        model,
        maxSequences,
        maxBatchedTokens,
        Duration.ofMinutes(30),
        Duration.ofSeconds(1));
  }
}
