@NullMarked
package dev.comptroller.decide.scale;

import org.jspecify.annotations.NullMarked;
