/// Carries one request to a replica and its answer back, byte for byte.
@NullMarked
package dev.comptroller.gateway.relay;

import org.jspecify.annotations.NullMarked;
