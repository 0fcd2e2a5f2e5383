/// Tests.
@NullMarked
package dev.comptroller.reconcile.posting;

import org.jspecify.annotations.NullMarked;
