/// Tests of the local fleet.
@NullMarked
package dev.comptroller.e2e.fleet;

import org.jspecify.annotations.NullMarked;
