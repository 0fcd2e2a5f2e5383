/// PURE builders of the Kubernetes objects that the operator applies.
@NullMarked
package dev.comptroller.reconcile.desired;

import org.jspecify.annotations.NullMarked;
