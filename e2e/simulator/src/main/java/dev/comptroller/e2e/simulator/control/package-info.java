/// The operator as the simulator drives it: looks, writes and crashes around the real decisions.
@NullMarked
package dev.comptroller.e2e.simulator.control;

import org.jspecify.annotations.NullMarked;
