/// Tests.
@NullMarked
package dev.comptroller.reconcile.spend;

import org.jspecify.annotations.NullMarked;
