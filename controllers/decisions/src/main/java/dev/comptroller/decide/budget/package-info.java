/// Periods of a budget, its burn rate, forecast and heat.
@NullMarked
package dev.comptroller.decide.budget;

import org.jspecify.annotations.NullMarked;
