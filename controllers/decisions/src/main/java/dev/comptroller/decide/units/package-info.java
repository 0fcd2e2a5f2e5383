/// Money, rates and tokens: whole numbers with checked arithmetic, never bare doubles.
@NullMarked
package dev.comptroller.decide.units;

import org.jspecify.annotations.NullMarked;
