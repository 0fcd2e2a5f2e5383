/// The local fleet: a real control plane, nodes, the chart, models and traffic, in one
/// process tree.
@NullMarked
package dev.comptroller.e2e.fleet;

import org.jspecify.annotations.NullMarked;
