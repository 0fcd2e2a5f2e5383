@NullMarked
package dev.comptroller.engine.llama;

import org.jspecify.annotations.NullMarked;
