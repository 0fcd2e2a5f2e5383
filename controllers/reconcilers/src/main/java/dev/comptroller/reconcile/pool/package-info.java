/// GpuNodePool: nodes, GPUs and dollars an hour.
@NullMarked
package dev.comptroller.reconcile.pool;

import org.jspecify.annotations.NullMarked;
