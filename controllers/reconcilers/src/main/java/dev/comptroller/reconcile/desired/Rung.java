package dev.comptroller.reconcile.desired;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How the pods of a variant run: the part of its spec that the runtime is told.
///
/// @param name name of the variant
/// @param engine what computes
/// @param pool pool whose nodes run it
/// @param gpus GPUs of one pod
/// @param claim PersistentVolumeClaim that holds the model
/// @param path path of the model in the claim, without a leading slash; of a folder for vLLM, else
///     of a file
/// @param digest `sha256:HEX` of the model file; absent if it is not checked, and for a folder
/// @param contextLength tokens of context of a sequence; absent for the model's own
/// @param maxSequences sequences computed at once
/// @param maxBatchedTokens tokens computed in a step
/// @param maxQueued requests that may wait
/// @param maxQueueTime the longest that one is expected to; absent if their number alone is bounded
public record Rung(
    String name,
    Engine engine,
    String pool,
    int gpus,
    String claim,
    String path,
    @Nullable String digest,
    @Nullable Integer contextLength,
    int maxSequences,
    int maxBatchedTokens,
    int maxQueued,
    @Nullable Duration maxQueueTime) {
  /// Where containers find the model.
  String modelPath() {
    return ServingDeployment.MODELS + "/" + path;
  }
}
