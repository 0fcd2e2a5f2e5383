/// vLLM as an engine: requests over its OpenAI API on loopback, its own tokenizer, its figures.
@NullMarked
package dev.comptroller.engine.vllm;

import org.jspecify.annotations.NullMarked;
