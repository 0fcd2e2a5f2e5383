@NullMarked
package dev.comptroller.metering;

import org.jspecify.annotations.NullMarked;
