@NullMarked
package dev.comptroller.gateway.money;

import org.jspecify.annotations.NullMarked;
