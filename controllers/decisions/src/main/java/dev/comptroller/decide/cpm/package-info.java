/// Tokens over a window and what a million of them really cost.
@NullMarked
package dev.comptroller.decide.cpm;

import org.jspecify.annotations.NullMarked;
