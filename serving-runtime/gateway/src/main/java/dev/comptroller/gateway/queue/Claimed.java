package dev.comptroller.gateway.queue;

import java.time.Instant;

/// An item that a worker may run now, under a lease.
///
/// @param sequence of the item
/// @param batch sequence of its batch
/// @param batchId of its batch
/// @param line of the input file
/// @param attempt fencing token: a write with another one is refused
/// @param crashes replicas that died while they ran it
/// @param start offset in the input file
/// @param model `namespace/deployment`
/// @param payer namespace that pays for it
/// @param tokens that it will use, at a guess
public record Claimed(
    long sequence,
    long batch,
    String batchId,
    Owner owner,
    String endpoint,
    String inputFile,
    int line,
    String customId,
    int attempt,
    int crashes,
    long start,
    int length,
    String model,
    String payer,
    long tokens,
    Instant deadline) {
  /// What the replica, the output file and the ledger call it: the same for every attempt.
  public String requestId() {
    return "batch_req_%s_%d".formatted(batchId.substring("batch_".length()), line);
  }

  /// Whether a replica died while it ran it, so that it must run apart from others like it.
  public boolean suspect() {
    return crashes > 0;
  }
}
