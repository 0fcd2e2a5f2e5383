@NullMarked
package dev.comptroller.decide.share;

import org.jspecify.annotations.NullMarked;
