/// The money of one request: what it holds while it runs.
@NullMarked
package dev.comptroller.gateway.money;

import org.jspecify.annotations.NullMarked;
