/// Which rung to serve under an allowance, and whether a change pays for itself.
@NullMarked
package dev.comptroller.decide.downgrade;

import org.jspecify.annotations.NullMarked;
