@NullMarked
package dev.comptroller.gateway;

import org.jspecify.annotations.NullMarked;
