/// What the operator sees: caches of the cluster and figures scraped from replicas.
@NullMarked
package dev.comptroller.reconcile.signals;

import org.jspecify.annotations.NullMarked;
