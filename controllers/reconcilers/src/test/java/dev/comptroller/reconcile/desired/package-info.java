/// Tests.
@NullMarked
package dev.comptroller.reconcile.desired;

import org.jspecify.annotations.NullMarked;
