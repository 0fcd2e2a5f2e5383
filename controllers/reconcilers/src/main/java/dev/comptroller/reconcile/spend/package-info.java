/// The durable record of what replicas cost, closed by a finalizer on their pods.
@NullMarked
package dev.comptroller.reconcile.spend;

import org.jspecify.annotations.NullMarked;
