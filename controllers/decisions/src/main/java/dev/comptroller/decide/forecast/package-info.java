/// What a period will have cost, learnt from the days before.
@NullMarked
package dev.comptroller.decide.forecast;

import org.jspecify.annotations.NullMarked;
