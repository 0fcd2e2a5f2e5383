/// Applying a model gives tokens and what they cost.
@NullMarked
package dev.comptroller.e2e.promises.serves;

import org.jspecify.annotations.NullMarked;
