/// The fleet that the promises share: one per JVM, started when the first test asks for it.
@NullMarked
package dev.comptroller.e2e.promises.fleet;

import org.jspecify.annotations.NullMarked;
