/// What is kept over restarts in ConfigMaps of the installation's namespace, compressed.
@NullMarked
package dev.comptroller.reconcile.archive;

import org.jspecify.annotations.NullMarked;
