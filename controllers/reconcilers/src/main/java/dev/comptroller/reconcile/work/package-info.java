/// Background work that only the leader does, and events about it.
@NullMarked
package dev.comptroller.reconcile.work;

import org.jspecify.annotations.NullMarked;
