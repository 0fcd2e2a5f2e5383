/// What the engine asks of llama.cpp, in plain Java: no addresses, no memory segments.
@NullMarked
package dev.comptroller.engine.llama.lib;

import org.jspecify.annotations.NullMarked;
