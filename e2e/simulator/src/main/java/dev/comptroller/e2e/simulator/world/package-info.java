/// The simulated world: virtual time, chance, nodes, pods, prices, traffic and the gateway.
@NullMarked
package dev.comptroller.e2e.simulator.world;

import org.jspecify.annotations.NullMarked;
