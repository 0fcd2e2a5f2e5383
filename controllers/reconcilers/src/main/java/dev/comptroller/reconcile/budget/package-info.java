/// InferenceBudget: spend, burn rate and forecast of a namespace.
@NullMarked
package dev.comptroller.reconcile.budget;

import org.jspecify.annotations.NullMarked;
