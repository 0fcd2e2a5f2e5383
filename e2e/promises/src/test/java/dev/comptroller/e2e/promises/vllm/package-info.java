/// Variants that vLLM computes.
@NullMarked
package dev.comptroller.e2e.promises.vllm;

import org.jspecify.annotations.NullMarked;
