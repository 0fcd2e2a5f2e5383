@NullMarked
package dev.comptroller.engine.llama.ffi;

import org.jspecify.annotations.NullMarked;
