/// Tests of the reconcilers against a real API server, and of their pure parts.
@NullMarked
package dev.comptroller.reconcile;

import org.jspecify.annotations.NullMarked;
