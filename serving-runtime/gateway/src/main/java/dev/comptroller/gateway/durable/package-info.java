/// The places where the gateway's stores make something durable.
@NullMarked
package dev.comptroller.gateway.durable;

import org.jspecify.annotations.NullMarked;
