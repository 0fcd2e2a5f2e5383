/// The operator's reconcilers: observe, decide, act, report.
@NullMarked
package dev.comptroller.reconcile;

import org.jspecify.annotations.NullMarked;
