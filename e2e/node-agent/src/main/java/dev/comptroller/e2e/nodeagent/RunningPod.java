package dev.comptroller.e2e.nodeagent;

import java.time.Instant;

/// A pod that holds its GPUs now.
/// @param scheduledAt when it was bound to the node, in whole seconds, as in its status
public record RunningPod(
    String namespace, String name, String uid, String node, long gpus, Instant scheduledAt) {}
