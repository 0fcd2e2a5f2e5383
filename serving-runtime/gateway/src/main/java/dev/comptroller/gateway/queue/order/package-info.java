/// Who is next and whether a window can be kept. Pure: no clock, no I/O.
@NullMarked
package dev.comptroller.gateway.queue.order;

import org.jspecify.annotations.NullMarked;
