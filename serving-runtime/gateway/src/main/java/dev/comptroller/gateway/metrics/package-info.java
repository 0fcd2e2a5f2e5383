/// The catalogue of metrics that the gateway exports.
@NullMarked
package dev.comptroller.gateway.metrics;

import org.jspecify.annotations.NullMarked;
