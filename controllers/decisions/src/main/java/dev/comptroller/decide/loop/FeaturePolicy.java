package dev.comptroller.decide.loop;

import dev.comptroller.decide.units.Money;
import org.jspecify.annotations.Nullable;

/// A feature of a namespace, as its budget declares it.
///
/// @param name its name
/// @param amount dollars that it may be charged in a period; absent: no limit of its own
/// @param priority higher is admitted first when money is short
/// @param batchEligible whether it may send batch requests, and wait in the queue
/// @param downgradeAllowed whether a lower rung may answer it
public record FeaturePolicy(
    String name,
    @Nullable Money amount,
    int priority,
    boolean batchEligible,
    boolean downgradeAllowed) {}
