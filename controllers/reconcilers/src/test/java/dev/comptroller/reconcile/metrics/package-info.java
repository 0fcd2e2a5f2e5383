/// Tests.
@NullMarked
package dev.comptroller.reconcile.metrics;

import org.jspecify.annotations.NullMarked;
