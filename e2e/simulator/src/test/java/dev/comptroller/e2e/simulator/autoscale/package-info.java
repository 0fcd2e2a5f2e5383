/// Tests of the comparison of ways to scale.
@NullMarked
package dev.comptroller.e2e.simulator.autoscale;

import org.jspecify.annotations.NullMarked;
