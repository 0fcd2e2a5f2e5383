/// Writes GGUF models for tests and offline demos: a real byte-level BPE vocabulary,
/// seeded weights.
@NullMarked
package dev.comptroller.e2e.models;

import org.jspecify.annotations.NullMarked;
