/// Tests of the simulator, and of the decisions in its worlds.
@NullMarked
package dev.comptroller.e2e.simulator;

import org.jspecify.annotations.NullMarked;
