/// Tables and plots of a run.
@NullMarked
package dev.comptroller.e2e.simulator.report;

import org.jspecify.annotations.NullMarked;
