/// The catalogue of metrics that the operator emits.
@NullMarked
package dev.comptroller.reconcile.metrics;

import org.jspecify.annotations.NullMarked;
