@NullMarked
package dev.comptroller.gateway.queue;

import org.jspecify.annotations.NullMarked;
