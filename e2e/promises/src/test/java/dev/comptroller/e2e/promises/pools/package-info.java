/// Nodes come because replicas need them, and go when none does.
@NullMarked
package dev.comptroller.e2e.promises.pools;

import org.jspecify.annotations.NullMarked;
