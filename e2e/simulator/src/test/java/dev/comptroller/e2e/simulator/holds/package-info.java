@NullMarked
package dev.comptroller.e2e.simulator.holds;

import org.jspecify.annotations.NullMarked;
