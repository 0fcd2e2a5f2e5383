/// The operator's real reconcilers over an API server in memory, one thread and a virtual clock.
@NullMarked
package dev.comptroller.e2e.simulator.api;

import org.jspecify.annotations.NullMarked;
