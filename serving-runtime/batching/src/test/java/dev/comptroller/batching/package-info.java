@NullMarked
package dev.comptroller.batching;

import org.jspecify.annotations.NullMarked;
