/// The routing table: rendered whole from the caches, written only when it changes.
@NullMarked
package dev.comptroller.reconcile.routing;

import org.jspecify.annotations.NullMarked;
