@NullMarked
package dev.comptroller.gateway.meter;

import org.jspecify.annotations.NullMarked;
