@NullMarked
package dev.comptroller.decide.pool;

import org.jspecify.annotations.NullMarked;
