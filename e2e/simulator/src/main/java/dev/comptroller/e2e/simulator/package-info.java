/// The fleet simulator on the command line.
@NullMarked
package dev.comptroller.e2e.simulator;

import org.jspecify.annotations.NullMarked;
