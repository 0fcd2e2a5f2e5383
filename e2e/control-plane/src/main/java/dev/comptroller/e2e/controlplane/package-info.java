/// A real Kubernetes control plane on loopback, for tests and for the local fleet.
@NullMarked
package dev.comptroller.e2e.controlplane;

import org.jspecify.annotations.NullMarked;
