/// Names and wire records shared by the operator, the gateway and the runtime. No behaviour.
@NullMarked
package dev.comptroller.protocol;

import org.jspecify.annotations.NullMarked;
