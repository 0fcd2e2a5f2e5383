/// Worlds that put a promise to the test, and the optima that they are compared with.
@NullMarked
package dev.comptroller.e2e.simulator.scenario;

import org.jspecify.annotations.NullMarked;
