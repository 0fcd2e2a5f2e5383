/// The Quarkus application: wiring, configuration, health, metrics and leader election. No logic.
@NullMarked
package dev.comptroller.operator;

import org.jspecify.annotations.NullMarked;
