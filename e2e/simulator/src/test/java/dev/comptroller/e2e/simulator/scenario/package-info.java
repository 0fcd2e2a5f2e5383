/// Tests of the optima that runs are compared with.
@NullMarked
package dev.comptroller.e2e.simulator.scenario;

import org.jspecify.annotations.NullMarked;
