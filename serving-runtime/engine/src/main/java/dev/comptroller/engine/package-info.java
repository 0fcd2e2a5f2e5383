/// The engine SPI, the engine loop, sampling, and a simulated engine.
@NullMarked
package dev.comptroller.engine;

import org.jspecify.annotations.NullMarked;
