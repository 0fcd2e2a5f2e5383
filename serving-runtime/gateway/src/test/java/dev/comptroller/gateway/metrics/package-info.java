@org.jspecify.annotations.NullMarked
package dev.comptroller.gateway.metrics;
