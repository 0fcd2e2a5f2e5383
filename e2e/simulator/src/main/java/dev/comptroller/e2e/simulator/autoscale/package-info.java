/// Ways to scale a fleet of replicas, compared over the same arrivals with perfect knowledge of
/// them.
@NullMarked
package dev.comptroller.e2e.simulator.autoscale;

import org.jspecify.annotations.NullMarked;
