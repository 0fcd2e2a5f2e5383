package dev.comptroller.decide.loop;

import dev.comptroller.decide.units.Money;

/// What a feature has used of its amount in the period.
///
/// @param name the feature
/// @param used charges settled and held
public record FeatureSeen(String name, Money used) {}
