@NullMarked
package dev.comptroller.gateway.relay;

import org.jspecify.annotations.NullMarked;
