/// Conditions as ordered chains of pure checks; every message carries numbers.
@NullMarked
package dev.comptroller.decide.condition;

import org.jspecify.annotations.NullMarked;
