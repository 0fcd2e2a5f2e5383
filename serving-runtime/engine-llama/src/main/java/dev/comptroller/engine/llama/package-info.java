/// The engine over llama.cpp: models, tokenizer, steps and the quantizer.
@NullMarked
package dev.comptroller.engine.llama;

import org.jspecify.annotations.NullMarked;
