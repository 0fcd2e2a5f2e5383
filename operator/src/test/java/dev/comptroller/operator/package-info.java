/// Tests of the packaged application.
@NullMarked
package dev.comptroller.operator;

import org.jspecify.annotations.NullMarked;
