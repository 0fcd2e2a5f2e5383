/// Tests.
@NullMarked
package dev.comptroller.reconcile.pool;

import org.jspecify.annotations.NullMarked;
