/// Manifests, traces and price files, read with errors that name file, line and field.
@NullMarked
package dev.comptroller.e2e.simulator.input;

import org.jspecify.annotations.NullMarked;
