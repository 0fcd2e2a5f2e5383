@NullMarked
package dev.comptroller.decide.plan;

import org.jspecify.annotations.NullMarked;
