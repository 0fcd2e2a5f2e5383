/// The routing table: what the operator renders and the gateway serves from.
@NullMarked
package dev.comptroller.protocol.routing;

import org.jspecify.annotations.NullMarked;
