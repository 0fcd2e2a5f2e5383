/// Tests.
@NullMarked
package dev.comptroller.reconcile.status;

import org.jspecify.annotations.NullMarked;
