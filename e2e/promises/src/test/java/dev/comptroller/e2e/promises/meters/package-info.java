/// Spend is exact whatever happens to the operator.
@NullMarked
package dev.comptroller.e2e.promises.meters;

import org.jspecify.annotations.NullMarked;
