/// Tests.
@NullMarked
package dev.comptroller.reconcile.deployment;

import org.jspecify.annotations.NullMarked;
