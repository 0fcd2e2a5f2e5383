/// What deployments may have of pools that cannot serve everybody.
@NullMarked
package dev.comptroller.decide.share;

import org.jspecify.annotations.NullMarked;
