@NullMarked
package dev.comptroller.reconcile.trace;

import org.jspecify.annotations.NullMarked;
