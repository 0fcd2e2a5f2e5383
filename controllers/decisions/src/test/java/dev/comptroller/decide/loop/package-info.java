@NullMarked
package dev.comptroller.decide.loop;

import org.jspecify.annotations.NullMarked;
