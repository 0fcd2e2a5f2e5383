/// When figures that flow are worth a write.
@NullMarked
package dev.comptroller.decide.publish;

import org.jspecify.annotations.NullMarked;
