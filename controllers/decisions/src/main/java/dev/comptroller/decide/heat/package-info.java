/// The heat ladder: what a budget does as it runs hotter, and how it comes back.
@NullMarked
package dev.comptroller.decide.heat;

import org.jspecify.annotations.NullMarked;
