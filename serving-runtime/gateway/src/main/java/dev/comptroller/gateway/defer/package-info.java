/// The port through which requests that can wait do wait.
@NullMarked
package dev.comptroller.gateway.defer;

import org.jspecify.annotations.NullMarked;
