package dev.comptroller.decide.loop;

import dev.comptroller.decide.units.Money;
import org.jspecify.annotations.Nullable;

/// What a feature has used of its amount in the period.
///
/// @param name the feature
/// @param spent charges settled
/// @param held for requests that run
/// @param perRequest what one of its requests was charged on average; absent if none was
public record FeatureSeen(String name, Money spent, Money held, @Nullable Money perRequest) {}
