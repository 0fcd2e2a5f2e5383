/// PURE condition algebra: the next conditions from the previous, the generation and the time.
@NullMarked
package dev.comptroller.reconcile.status;

import org.jspecify.annotations.NullMarked;
