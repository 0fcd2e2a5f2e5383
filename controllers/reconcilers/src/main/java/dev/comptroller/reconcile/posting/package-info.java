/// The prices that variants are posted at, and what is remembered of them.
@NullMarked
package dev.comptroller.reconcile.posting;

import org.jspecify.annotations.NullMarked;
