@NullMarked
package dev.comptroller.engine.vllm;

import org.jspecify.annotations.NullMarked;
