/// Decisions as files: written when they are made, recomputed when somebody asks why.
@NullMarked
package dev.comptroller.reconcile.trace;

import org.jspecify.annotations.NullMarked;
