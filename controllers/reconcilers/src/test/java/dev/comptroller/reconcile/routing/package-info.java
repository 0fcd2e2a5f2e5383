/// Tests.
@NullMarked
package dev.comptroller.reconcile.routing;

import org.jspecify.annotations.NullMarked;
