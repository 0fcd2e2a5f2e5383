/// Every micro-dollar of a node's bill is measured work, idle time or overhead.
@NullMarked
package dev.comptroller.e2e.promises.conserves;

import org.jspecify.annotations.NullMarked;
