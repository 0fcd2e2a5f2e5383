@NullMarked
package dev.comptroller.engine;

import org.jspecify.annotations.NullMarked;
