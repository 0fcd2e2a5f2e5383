/// Tests of the control plane's launcher.
@NullMarked
package dev.comptroller.e2e.controlplane;

import org.jspecify.annotations.NullMarked;
