/// Tests.
@NullMarked
package dev.comptroller.reconcile.signals;

import org.jspecify.annotations.NullMarked;
