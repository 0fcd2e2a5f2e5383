/// What a replica can carry, and the price that follows from it.
@NullMarked
package dev.comptroller.decide.capacity;

import org.jspecify.annotations.NullMarked;
