/// llama.cpp's C API through the FFM API; the only place that knows addresses and layouts.
@NullMarked
package dev.comptroller.engine.llama.ffi;

import org.jspecify.annotations.NullMarked;
