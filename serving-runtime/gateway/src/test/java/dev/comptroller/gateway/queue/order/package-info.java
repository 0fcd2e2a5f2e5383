@NullMarked
package dev.comptroller.gateway.queue.order;

import org.jspecify.annotations.NullMarked;
