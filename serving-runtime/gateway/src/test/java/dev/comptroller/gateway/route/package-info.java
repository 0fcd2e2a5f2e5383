@NullMarked
package dev.comptroller.gateway.route;

import org.jspecify.annotations.NullMarked;
