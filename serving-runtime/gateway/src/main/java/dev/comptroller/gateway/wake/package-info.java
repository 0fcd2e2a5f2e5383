/// Requests that wait for the first replica of a deployment without any.
@NullMarked
package dev.comptroller.gateway.wake;

import org.jspecify.annotations.NullMarked;
