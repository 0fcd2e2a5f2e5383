/// Tests.
@NullMarked
package dev.comptroller.reconcile.archive;

import org.jspecify.annotations.NullMarked;
