/// Which deployment and which replica serve a request. Pure: no clock, no I/O.
@NullMarked
package dev.comptroller.gateway.route;

import org.jspecify.annotations.NullMarked;
