/// Tests.
@NullMarked
package dev.comptroller.reconcile.charges;

import org.jspecify.annotations.NullMarked;
