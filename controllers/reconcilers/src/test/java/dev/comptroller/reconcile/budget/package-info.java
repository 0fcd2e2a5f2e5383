/// Tests.
@NullMarked
package dev.comptroller.reconcile.budget;

import org.jspecify.annotations.NullMarked;
